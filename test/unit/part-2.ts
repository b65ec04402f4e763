import { loadPart } from "./part";

loadPart(1);
