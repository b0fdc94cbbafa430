/** Colleagues in a table: what they may do, a change of it, and the way out. */

import { Button, Form, Input, Modal, Popconfirm, type TableColumnsType } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Role } from "../api/people";
import { usePerson, useRoleName } from "../shell/access";
import { useActing } from "./acting";
import { Boxes } from "./boxes";
import { ToneTag } from "./marks";
import { useRoleBoxes } from "./person-form";
import { Table } from "./table";
import { Wide } from "./wide";

interface Colleague {
  id: string;
  login: string;
  display_name: string;
  is_active: boolean;
  roles: Role[];
}

function RolesDialog({ one, roles, save, close, touches }: {
  one: Colleague;
  roles: readonly Role[];
  save: (id: string, roles: Role[]) => Promise<unknown>;
  close: () => void;
  touches: string[];
}) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ roles: Role[] }>();
  const boxes = useRoleBoxes(roles);
  const saving = useActing((given: { roles: Role[] }) => save(one.id, given.roles), { touches, said: t("staffing.saved"), then: close });
  return (
    <Modal open title={`${t("staffing.change")}: ${one.display_name}`} okText={t("staffing.save")} confirmLoading={saving.isPending} onOk={() => form.submit()} onCancel={close}>
      <Form form={form} initialValues={{ roles: one.roles }} onFinish={(given) => saving.mutate(given)}>
        <Form.Item name="roles" rules={[{ required: true, type: "array", min: 1, message: t("staffing.invalid") }]}><Boxes options={boxes} /></Form.Item>
      </Form>
    </Modal>
  );
}

/** A way back for who lost theirs: a first password, to be handed over and changed at once. */
function LetInDialog({ one, letIn, close, touches }: {
  one: Colleague;
  letIn: (id: string, password: string) => Promise<unknown>;
  close: () => void;
  touches: string[];
}) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ password: string }>();
  const letting = useActing((given: { password: string }) => letIn(one.id, given.password), { touches, said: t("staffing.letIn.done"), then: close });
  return (
    <Modal open title={`${t("staffing.letIn.do")}: ${one.display_name}`} okText={t("staffing.letIn.do")} okButtonProps={{ danger: true }} confirmLoading={letting.isPending} onOk={() => form.submit()} onCancel={close}>
      <p className="soft" style={{ marginBottom: 12 }}>{t("staffing.letIn.lead")}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(given) => letting.mutate(given)}>
        <Form.Item name="password" label={t("staffing.password")} extra={t("staffing.passwordHint")} rules={[{ required: true, message: t("staffing.invalid") }]}><Input.Password autoComplete="new-password" maxLength={128} /></Form.Item>
      </Form>
    </Modal>
  );
}

export function PeopleTable<One extends Colleague>({ items, roles, label, columns, width, save, letIn, seeOff, touches, fixed }: {
  items: One[];
  roles: readonly Role[];
  label: string;
  columns: TableColumnsType<One>;
  width: number;
  save: (id: string, roles: Role[]) => Promise<unknown>;
  letIn: (id: string, password: string) => Promise<unknown>;
  seeOff: (id: string) => Promise<unknown>;
  touches: string[];
  /** Whose roles cannot be others. */
  fixed?: (one: One) => boolean;
}) {
  const { t } = useTranslation();
  const person = usePerson();
  const roleName = useRoleName();
  const [changed, setChanged] = useState<One | null>(null);
  const [lost, setLost] = useState<One | null>(null);
  const leaving = useActing(seeOff, { touches, said: t("staffing.seenOff") });
  return (
    <div className="panel">
      <Wide label={label} width={width}>
        <Table<One> size="small" rowKey="id" pagination={items.length > 50 ? { pageSize: 50 } : false} dataSource={items} onRow={(one) => ({ "data-person": one.login }) as React.HTMLAttributes<HTMLElement>}
          columns={[
            { title: t("staffing.name"), key: "name", render: (_, one) => <span className="row tight">{one.display_name}{one.id === person.data?.id && <ToneTag tone="accent">{t("staffing.you")}</ToneTag>}{!one.is_active && <ToneTag tone="offline">{t("staffing.closed")}</ToneTag>}</span> },
            { title: t("staffing.login"), key: "login", render: (_, one) => <span className="mono">{one.login}</span> },
            { title: t("staffing.roles"), key: "roles", render: (_, one) => one.roles.map(roleName).join("、") || "—" },
            ...columns,
            {
              title: <span className="seen-by-readers">{t("staffing.change")}</span>, key: "do", align: "right",
              render: (_, one) => one.is_active && (
                <span className="row tight" style={{ justifyContent: "flex-end" }}>
                  {!fixed?.(one) && <Button size="small" onClick={() => setChanged(one)} aria-label={`${t("staffing.change")} ${one.display_name}`}>{t("staffing.change")}</Button>}
                  {one.id !== person.data?.id && <Button size="small" onClick={() => setLost(one)} aria-label={`${t("staffing.letIn.do")} ${one.display_name}`}>{t("staffing.letIn.do")}</Button>}
                  {one.id !== person.data?.id && (
                    <Popconfirm title={t("staffing.seeOffAsk", { name: one.display_name })} okText={t("staffing.seeOff")} okButtonProps={{ danger: true }} onConfirm={() => leaving.mutate(one.id)}>
                      <Button size="small" danger aria-label={`${t("staffing.seeOff")} ${one.display_name}`}>{t("staffing.seeOff")}</Button>
                    </Popconfirm>
                  )}
                </span>
              ),
            },
          ]} />
      </Wide>
      {changed && <RolesDialog key={changed.id} one={changed} roles={roles} save={save} touches={touches} close={() => setChanged(null)} />}
      {lost && <LetInDialog key={lost.id} one={lost} letIn={letIn} touches={touches} close={() => setLost(null)} />}
    </div>
  );
}
