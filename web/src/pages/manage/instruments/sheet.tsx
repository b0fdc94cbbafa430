/** A workbook of cards: what each row would do is shown first, and every fault by its cell. */

import { Alert, Button, Modal, Table, Upload } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useActing } from "../../../parts/acting";
import { ToneTag } from "../../../parts/marks";
import { Problems } from "../../../parts/refusal";
import { Wide } from "../../../parts/wide";
import { type Foreseen, importSheet, previewSheet } from "./asked";

function kindOf(one: Foreseen): "added" | "changed" | "same" {
  return one.is_new ? "added" : one.changed.length > 0 ? "changed" : "same";
}

const TONES = { added: "accent", changed: "attention", same: "idle" } as const;

export function ImportButton() {
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const looking = useMutation({ mutationFn: previewSheet });
  const done = (): void => {
    setFile(null);
    looking.reset();
  };
  const taking = useActing(importSheet, { touches: ["own-instruments", "instrument", "instruments"], said: t("cards.imported"), then: done });
  const rows = looking.data?.items ?? [];
  const count = (kind: "added" | "changed" | "same"): number => rows.filter((one) => kindOf(one) === kind).length;
  const isIdle = count("added") + count("changed") === 0;
  return (
    <>
      <Upload accept=".xlsx" maxCount={1} showUploadList={false} beforeUpload={(chosen) => { setFile(chosen); looking.mutate(chosen); return false; }}>
        <Button loading={looking.isPending} data-import>{t("cards.import")}</Button>
      </Upload>
      <Modal open={file !== null && !looking.isPending} width={760} title={t("cards.preview", { name: file?.name ?? "" })} onCancel={done} cancelText={t("manage.cancel")}
        okText={t("cards.takeIn")} okButtonProps={{ disabled: !looking.isSuccess || isIdle }} confirmLoading={taking.isPending} onOk={() => file && taking.mutate(file)}>
        {looking.isError && <Alert type="error" showIcon title={t("cards.faults")} description={<Problems error={looking.error} />} data-faults />}
        {looking.isSuccess && (
          <div className="stack">
            <p>{t("cards.wouldDo", { added: count("added"), changed: count("changed"), same: count("same") })}</p>
            <Wide label={t("cards.preview", { name: "" })} width={560}>
              <Table<Foreseen> size="small" rowKey="code" pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} dataSource={rows}
                columns={[
                  { title: t("cards.code"), dataIndex: "code", render: (code: string) => <span className="mono">{code}</span> },
                  { title: t("cards.name"), dataIndex: "name_zh" },
                  { title: t("cards.what"), key: "what", render: (_, one) => <ToneTag tone={TONES[kindOf(one)]}>{t(`cards.kinds.${kindOf(one)}`)}</ToneTag> },
                  { title: t("cards.changes"), key: "changes", render: (_, one) => one.changed.join("、") },
                ]} />
            </Wide>
          </div>
        )}
      </Modal>
    </>
  );
}
