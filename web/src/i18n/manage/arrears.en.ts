/** English texts of bills past their day. */

export const arrears = {
  title: "Arrears",
  lead: "Bills past their day: until they are settled, the enterprise reserves nothing new here.",
  note: "Note a bill",
  noteLead: "Once its day is over the enterprise reserves nothing new; what is reserved stays.",
  noted: "Noted",
  who: "Enterprise",
  amount: "Amount",
  due: "Due on",
  reason: "For",
  settle: "Settle",
  settleAsk: "Has {{who}} paid this bill?",
  settled: "Settled",
  none: "Nothing is owed",
  noneLead: "Bills past their day are listed here once they are noted.",
  owedTo: "{{amount}} owed to {{who}}, due on {{day}}: {{reason}}. Past that day nothing new can be reserved there.",
};
