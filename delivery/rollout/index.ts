export { findDeployment, nameOf } from "./deployment";
export { diagnose } from "./diagnose";
export { kubectl } from "./kubectl";
export { type Exposed, untilAnswers } from "./public-url";
export { smokeTest, type SmokeTiming } from "./smoke";
