/** Opening an account for a colleague: name, login, first password, roles; more fields by the page. */

import { Alert, Button, Form, Input } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Role } from "../api/people";
import { useActing } from "./acting";
import { Boxes } from "./boxes";
import { useRefusals } from "./refused";
import { useRoleName } from "../shell/access";

export interface Account {
  login: string;
  display_name: string;
  password: string;
  roles: Role[];
}

/** Of what the form holds, the account itself: what else it asks for is the page's. */
export const accountOf = ({ login, display_name, password, roles }: Account): Account => ({ login, display_name, password, roles });

/** The roles somebody may be given, by name. */
export function useRoleBoxes(roles: readonly Role[]) {
  const roleName = useRoleName();
  return roles.map((one) => ({ value: one, label: roleName(one) }));
}

export function PersonForm<Given extends Account>({ roles, initial, send, touches, said, button, children }: {
  roles: readonly Role[];
  initial: Partial<Given>;
  send: (given: Given) => Promise<unknown>;
  touches: string[];
  said: string;
  button: string;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const [wrong, setWrong] = useState(0);
  const boxes = useRoleBoxes(roles);
  const refuse = useRefusals(form, { login_taken: "login" });
  const adding = useActing(send, { touches, said, then: () => { form.resetFields(); setWrong(0); } });
  const required = { required: true, whitespace: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} className="short-form"
      onFinish={(given) => adding.mutate(given, { onError: (error) => setWrong(refuse(error)) })}>
      <Form.Item name="display_name" label={t("staffing.name")} rules={[required]}><Input maxLength={100} autoComplete="off" /></Form.Item>
      <Form.Item name="login" label={t("staffing.login")} rules={[required, { pattern: /^[A-Za-z0-9._-]{3,60}$/, message: t("register.loginBad") }]}><Input maxLength={60} autoComplete="off" spellCheck={false} /></Form.Item>
      <Form.Item name="password" label={t("staffing.password")} extra={t("staffing.passwordHint")} rules={[required]}><Input.Password maxLength={128} autoComplete="new-password" /></Form.Item>
      {children}
      <Form.Item name="roles" label={t("staffing.roles")} className="whole" rules={[{ required: true, type: "array", min: 1, message: t("staffing.invalid") }]}><Boxes options={boxes} /></Form.Item>
      {wrong > 0 && <Alert className="whole" role="alert" type="error" showIcon title={t("register.wrong", { count: wrong })} style={{ marginBottom: 12 }} />}
      <div className="whole"><Button type="primary" htmlType="submit" loading={adding.isPending}>{button}</Button></div>
    </Form>
  );
}
