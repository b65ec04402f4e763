export { clusterProvider } from "./cluster";
