import { live } from "./live.ts";

live(document, window);
