import { loadPart } from "./part";

loadPart(2);
