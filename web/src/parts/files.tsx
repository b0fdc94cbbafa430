/** Files: handed in by a button, opened in a window. */

import { App, Button, Upload } from "antd";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { getFile, isProblem } from "../api/http";
import { type FilePurpose, sendFile, storedFile, type StoredFile } from "../api/people";
import { pick, useLang } from "../i18n";
import { useProblemText } from "./states";

const TAKEN = ".pdf,.png,.jpg,.jpeg";
const KEPT_MS = 60_000;

export const contentOf = (id: string) => `/files/${encodeURIComponent(id)}/content` as const;

/** The server's words with every reason it gave. */
function useFileTrouble(): (error: Error) => void {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const lang = useLang();
  const textOf = useProblemText();
  return (error) => {
    if (!isProblem(error)) return void message.error(t("error.server"));
    const reasons = error.problems.map((one) => pick(lang, one, "detail")).join("；");
    return void message.error(reasons ? `${textOf(error)} ${reasons}` : textOf(error));
  };
}

export function UploadButton({ purpose, label, done, name, primary = false }: {
  purpose: FilePurpose;
  label: string;
  done: (file: StoredFile) => void;
  name: string;
  primary?: boolean;
}) {
  const trouble = useFileTrouble();
  const sending = useMutation({ mutationFn: (file: File) => sendFile(file, purpose), onSuccess: done, onError: trouble });
  return (
    <Upload accept={TAKEN} maxCount={1} showUploadList={false} beforeUpload={(file) => { sending.mutate(file); return false; }}>
      <Button type={primary ? "primary" : "default"} loading={sending.isPending} data-upload={name}>{label}</Button>
    </Upload>
  );
}

export function FileLink({ id, text }: { id: string; text?: string }) {
  const { t } = useTranslation();
  const found = useQuery(storedFile(id));
  const trouble = useFileTrouble();
  const opening = useMutation({
    mutationFn: () => getFile(contentOf(id)),
    onSuccess: (blob) => {
      const address = URL.createObjectURL(blob);
      window.open(address, "_blank", "noopener");
      window.setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
    },
    onError: trouble,
  });
  if (found.isError) return <span className="faint">{t("desk.paperGone")}</span>;
  return (
    <Button type="link" size="small" style={{ paddingInline: 0 }} loading={opening.isPending} onClick={() => opening.mutate()}>
      {text ?? found.data?.name ?? t("desk.paperView")}
    </Button>
  );
}
