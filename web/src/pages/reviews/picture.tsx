/** A paper opened where it is decided on: a picture in the page, a document in a window. Each look is recorded. */

import { Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { getFile } from "../../api/http";
import { storedFile } from "../../api/people";
import { contentOf, FileLink } from "../../parts/files";

const KB = 1024;

function Shown({ blob, label }: { blob: Blob; label: string }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- the address lives as long as the effect
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address && <img className="paper-picture" src={address} alt={label} />;
}

export function Picture({ id, label }: { id: string; label: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const file = useQuery(storedFile(id));
  const isPicture = file.data?.media_type.startsWith("image/") ?? false;
  const content = useQuery({ queryKey: ["file", id, "content"], queryFn: () => getFile(contentOf(id)), enabled: open && isPicture, staleTime: Infinity, gcTime: 0 });
  if (file.isError || content.isError) return <span className="faint">{t("desk.paperGone")}</span>;
  if (!file.data) return null;
  return (
    <div className="stack" style={{ gap: 6 }}>
      <span className="row tight">
        <span className="faint clip">{file.data.name} · {Math.max(1, Math.round(file.data.size / KB))} KB</span>
        {isPicture ? !open && <Button size="small" onClick={() => setOpen(true)} aria-label={`${t("desk.paperView")} ${label}`}>{t("desk.paperView")}</Button> : <FileLink id={id} text={t("desk.paperSaved")} />}
      </span>
      {open && content.data && <Shown blob={content.data} label={label} />}
    </div>
  );
}
