/** A table; on a phone its rows stand one below the other, each value beside the name of its column. */

import { Table as Plain, type TableProps } from "antd";

import "./table.css";

export function Table<One extends object>({ columns, ...rest }: TableProps<One>) {
  const named = columns?.map((column) => ({
    ...column,
    onCell: (one: One, index?: number) => ({ ...column.onCell?.(one, index), ...(typeof column.title === "string" ? { "data-label": column.title } : {}) }),
  }));
  return <Plain<One> {...rest} className="standing-rows" {...(named ? { columns: named } : {})} />;
}
