/** The lab's own instruments: their cards, photographs and devices, and the workbook of all of them. */

import { queryOptions } from "@tanstack/react-query";

import { get, put, remove, upload } from "../../../api/http";
import type { components } from "../../../api/schema";

type Schemas = components["schemas"];
export type Card = Schemas["FullInstrumentView"];
export type CardChanges = Schemas["CardBody"];
export type Photo = Schemas["PhotoView"];
export type Linkable = Schemas["LinkableView"];
export type Link = Schemas["LinkBody"];
export type Foreseen = Schemas["ForeseenView"];

const path = (id: string) => `/instruments/${encodeURIComponent(id)}` as const;

/** Kept beside what the catalogue shows of it, so that both are asked anew together. */
export const card = (id: string) =>
  queryOptions({ queryKey: ["instrument", id], queryFn: ({ signal }) => get(path(id), {}, signal) });

export const putCard = (id: string, changes: Partial<CardChanges>) => put(`${path(id)}/card`, changes as CardChanges);

export function addPhoto(id: string, file: File, caption_zh: string, caption_en: string): Promise<unknown> {
  const form = new FormData();
  form.append("file", file);
  form.append("caption_zh", caption_zh);
  form.append("caption_en", caption_en);
  return upload(`${path(id)}/photos`, form);
}

export const removePhoto = (id: string, photo: string) => remove(`${path(id)}/photos/${encodeURIComponent(photo)}`);

export const orderPhotos = (id: string, photo_ids: string[]) => put(`${path(id)}/photo-order`, { photo_ids });

export const linkable = (id: string) =>
  queryOptions({ queryKey: ["linkable", id], queryFn: async ({ signal }) => (await get(`${path(id)}/devices`, {}, signal)).items });

export const putLinks = (id: string, items: Link[]) => put(`${path(id)}/devices`, { items });

function sheet(file: File): FormData {
  const form = new FormData();
  form.append("file", file);
  return form;
}

export const previewSheet = (file: File) => upload("/instrument-sheet-preview", sheet(file));

export const importSheet = (file: File) => upload("/instrument-sheet", sheet(file));
