import { loadPart } from "./part";

loadPart(0);
