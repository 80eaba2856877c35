import process from "node:process";

type Listener = (message: string) => void;

/** Without a listener Node's own warning on stderr: whoever uses Retort as a library hears of damage too. */
let listener: Listener = (message) => process.emitWarning(message);

/** Say where warnings about damaged files go. The command line says so once, at its start. */
export function onDamage(tell: Listener): void {
  listener = tell;
}

/** Tell whoever listens that a file is damaged. */
export function tellDamage(message: string): void {
  listener(message);
}
