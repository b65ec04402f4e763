import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { type Change, formatPath } from "./diff";

/** What changes between two versions of a resource, and how. */
export interface ResourceDiff {
  readonly changes: readonly (Change & { readonly replaces: boolean })[];
  readonly deleteFirst: boolean;
}

/** Tells the engine what changes, property by property. */
export function diffResponse({ changes, deleteFirst }: ResourceDiff): DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const response = new DiffResponse().setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  const topLevel = (entries: readonly { path: readonly (string | number)[] }[]) => [
    ...new Set(entries.map(({ path }) => String(path[0]))),
  ];
  response.setDiffsList(topLevel(changes));
  response.setReplacesList(topLevel(changes.filter(({ replaces }) => replaces)));
  response.setDeletebeforereplace(deleteFirst).setHasdetaileddiff(true);
  for (const { path, kind, replaces } of changes) {
    const detail = new PropertyDiff().setInputdiff(true).setKind(propertyDiffKind(kind, replaces));
    response.getDetaileddiffMap().set(formatPath(path), detail);
  }
  return response;
}

function propertyDiffKind(kind: "add" | "delete" | "update", replaces: boolean): PropertyDiff.Kind {
  const kinds = PropertyDiff.Kind;
  const [update, replace] = {
    add: [kinds.ADD, kinds.ADD_REPLACE] as const,
    delete: [kinds.DELETE, kinds.DELETE_REPLACE] as const,
    update: [kinds.UPDATE, kinds.UPDATE_REPLACE] as const,
  }[kind];
  return replaces ? replace : update;
}
