/** Chinese texts of bills past their day. */

export const arrears = {
  title: "欠款",
  lead: "到期未付的账单；结清之前，该企业不能在本机构新增预约。",
  note: "登记欠款",
  noteLead: "到期日过后企业即不能新增预约，已有预约不受影响。",
  noted: "已登记",
  who: "企业",
  amount: "金额",
  due: "应付日",
  reason: "事由",
  settle: "结清",
  settleAsk: "{{who}} 已付清这一笔？",
  settled: "已结清",
  none: "没有欠款",
  noneLead: "到期未付的账单登记后在此列出。",
  owedTo: "欠 {{who}} {{amount}}，应于 {{day}} 前付清：{{reason}}。过期未付时不能在该机构新增预约。",
};
