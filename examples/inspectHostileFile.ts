/** Look at a file that would run a command in anybody's Python who loads it. Here nothing of it is executed. */
import { inspect } from "retort-dd/inspect";

// What a pickle of protocol 0 says who calls os.system("echo hacked").
const pickle = "cos\nsystem\n(S'echo hacked'\ntR.";
const { inspection } = await inspect(new TextEncoder().encode(pickle));
console.log(inspection.verdict, inspection.globals);
for (const { severity, rule, message } of inspection.findings) console.log(severity, rule, message);
