export { Ares, NeverAskedError, ScriptedReply, withAres, type RequestSeen, type Words } from "./ares.js";
export { control, ControlError, type Control, type Input, type Output } from "./control.js";
export { joinOrStart, start, type Fake } from "./fake.js";
