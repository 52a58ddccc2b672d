// Imported for what it does: it arms the hook.
export {};
