// A program without the SDK; given to --import, a preload that does nothing.
