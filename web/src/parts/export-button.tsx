/** A list as a workbook, narrowed as the page is; what the server says against it is said. */

import { Button } from "antd";
import { useTranslation } from "react-i18next";

import { getFile, type Query } from "../api/http";
import type { RouteOf } from "../api/routes";
import { saveFile } from "../lib/save";
import { useActing } from "./acting";

export function ExportButton({ path, query, name, disabled = false }: { path: RouteOf<"get">; query?: Query; name: string; disabled?: boolean }) {
  const { t } = useTranslation();
  const saving = useActing(() => getFile(path, query), { touches: [], then: (blob) => saveFile(name, blob) });
  return <Button loading={saving.isPending} disabled={disabled} onClick={() => saving.mutate(undefined)}>{t("exporting.xlsx")}</Button>;
}
