/** A workbook handed in: what each row would do is shown first, and nothing is written before that is agreed to. */

import { Alert, Button, Modal, Upload } from "antd";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { newKey } from "../../api/http";
import { useActing } from "../../parts/acting";
import { Problems } from "../../parts/refusal";

type Chosen = { file: File; key: string };

export function SheetImport<Row>({ label, look, take, touches, mayTake, children }: {
  label: string;
  look: (file: File) => Promise<{ items: Row[] }>;
  /** The key is the file's for as long as it is shown: sent again, it is taken in but once. */
  take: (file: File, key: string) => Promise<unknown>;
  touches: string[];
  mayTake: (rows: Row[]) => boolean;
  children: (rows: Row[]) => ReactNode;
}) {
  const { t } = useTranslation();
  const [chosen, choose] = useState<Chosen | null>(null);
  const looking = useMutation({ mutationFn: look });
  const done = (): void => {
    choose(null);
    looking.reset();
  };
  const taking = useActing(({ file, key }: Chosen) => take(file, key), { touches, said: t("cards.imported"), then: done });
  return (
    <>
      <Upload accept=".xlsx" maxCount={1} showUploadList={false} beforeUpload={(file) => { choose({ file, key: newKey() }); looking.mutate(file); return false; }}>
        <Button loading={looking.isPending} data-import>{label}</Button>
      </Upload>
      <Modal open={chosen !== null && !looking.isPending} width={760} title={t("cards.preview", { name: chosen?.file.name ?? "" })} onCancel={done} cancelText={t("manage.cancel")}
        okText={t("cards.takeIn")} okButtonProps={{ disabled: !looking.isSuccess || !mayTake(looking.data.items) }} confirmLoading={taking.isPending} onOk={() => chosen && taking.mutate(chosen)}>
        {looking.isError && <Alert type="error" showIcon title={t("cards.faults")} description={<Problems error={looking.error} />} data-faults />}
        {looking.isSuccess && <div className="stack">{children(looking.data.items)}</div>}
      </Modal>
    </>
  );
}
