import { Call } from './call';
import { watchExit } from './delivery/exit';
import { commandOf, type Service } from './operations';
import type { Open } from './send';

watchExit();
// Asked for the first time, Node loads what answers.
performance.now();

/** Opens a call of one service's client. Another service's command fails there without us, and does so with us. */
const openOf =
  (service: Service): Open =>
  (client, args) => {
    const command = commandOf(args[0]);
    return command?.service === service ? Call.open(command, client, args) : undefined;
  };

/** @public */
export const openRuntime: Open = openOf('bedrock-runtime');
/** @public */
export const openControlPlane: Open = openOf('bedrock');
