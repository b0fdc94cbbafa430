/** Several of a few, as boxes to tick; in a form it is the form's, as any field is. */

import { Checkbox } from "antd";

export interface Box {
  value: string;
  label: string;
}

/** Takes no more of what a form hands its fields: a group may not be said to be required (ARIA). */
export function Boxes({ id, value, onChange, options }: {
  id?: string;
  value?: string[];
  onChange?: (values: string[]) => void;
  options: Box[];
}) {
  return <Checkbox.Group {...(id ? { id } : {})} value={value ?? []} onChange={(values) => onChange?.(values)} options={options} className="checks" />;
}
