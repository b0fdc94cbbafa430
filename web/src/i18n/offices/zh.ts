/** Chinese texts of the platform's own desks: calendar, officers, entrusted stations, personal data. */

export const endorsement = {
  title: "先由企业审批",
  on: "成员的预约先经企业管理员同意，再提交给机构",
  off: "成员的预约直接提交给机构",
  label: "成员预约须管理员同意",
  changed: "已更改，对之后的预约生效",
};

export const agency = {
  nav: "代办",
  title: "全程代办",
  lead: "企业委托本站代办的事项。只能在委托的范围与期限内代办，企业可随时撤销。",
  none: "还没有企业委托本站",
  noneLead: "企业管理员在“企业 → 委托”中选择本站后，会出现在这里。",
  client: "委托企业",
  given: "委托日期",
  may: "可代办",
  reserve: "代办预约",
  mine: "查看代办的预约",
  noClient: "目前没有企业委托本站代办预约。",
  forWhom: "为谁预约",
  choose: "请选择委托企业的使用人",
};

export const workdays = {
  nav: "工作日历",
  title: "工作日历",
  lead: "平台的所有时限按此计算：法定节假日与调休以国务院办公厅通知为准。",
  guessed: "{{year}} 年起的节假日安排尚未公布，跨入该年的时限为暂定，导入通知后自动重算。",
  notice: "依据",
  issued: "{{on}} 发布",
  imported: "{{at}} 导入",
  shipped: "随程序提供",
  none: "该年尚无通知：只按法定节假日推定。",
  off: "放假",
  work: "调休上班",
  rest: "周末",
  legend: "图例",
  import: "导入通知",
  importLead: "照通知原文填写。同一年再次导入将替换原有安排，所有未办结的时限随即重算。",
  year: "年份",
  noticeTitle: "通知标题",
  issuedOn: "发布日期",
  offDays: "放假日期",
  workDays: "调休上班日期",
  daysHint: "每行一段：日期或起止日期，后接节日名，如 2027-02-05~2027-02-11 春节",
  workHint: "每行一天，如 2027-01-09 元旦",
  badLine: "第 {{line}} 行看不懂：{{text}}",
  file: "从文件读取",
  fileBad: "文件不是通知的 JSON 格式",
  counted: "放假 {{off}} 天，调休上班 {{work}} 天",
  send: "导入并重算",
  ask: "导入 {{year}} 年的安排并重算所有时限？",
  done: "已导入：{{moved}} 个时限改期，{{settled}} 个暂定时限已确定",
  months: ["1 月", "2 月", "3 月", "4 月", "5 月", "6 月", "7 月", "8 月", "9 月", "10 月", "11 月", "12 月"],
  weekdays: ["一", "二", "三", "四", "五", "六", "日"],
  former: "上一年",
  next: "下一年",
};

export const officers = {
  tab: "平台人员",
  lead: "平台与服务站点的工作人员。审计不得兼任其他角色；至少保留一名平台运营。",
  add: "任命人员",
  none: "还没有人员",
  where: "所属",
  platform: "平台",
  since: "任命日期",
  at: "工作单位",
};

export const holds = {
  tab: "依法保留",
  lead: "因案件调查等法定理由须保留其数据的人员：期限内，本人的删除申请不予执行。",
  none: "没有依法保留的人员",
  who: "人员",
  login: "账号",
  reason: "理由",
  until: "保留至",
  placed: "登记",
  state: "状态",
  holds: "保留中",
  over: "已到期",
  lifted: "已解除",
  add: "登记保留",
  placedNow: "已登记",
  lift: "解除",
  liftAsk: "解除对 {{name}} 的保留？其删除申请随即可以执行。",
  liftedNow: "已解除",
};

export const privacy = {
  title: "个人信息",
  menu: "个人信息",
  lead: "您同意过什么、平台保存了什么；随时可以取回一份副本，或要求删除。",
  consents: "同意记录",
  purposes: { terms: "平台服务协议", identity_data: "处理身份信息（敏感个人信息，单独同意）" },
  version: "第 {{version}} 版",
  given: "{{at}} 同意",
  withdrawn: "{{at}} 撤回",
  stands: "有效",
  gone: "已撤回",
  withdraw: "撤回同意",
  withdrawAsk: { terms: "撤回对服务协议的同意？撤回前的处理仍然有效。", identity_data: "撤回对处理身份信息的同意？撤回前的处理仍然有效；需要实名的功能可能无法继续使用。" },
  withdrawnNow: "已撤回",
  again: "重新同意",
  givenNow: "已记录您的同意",
  none: "没有同意记录",
  noneLead: "由机构或企业为您开设的账户，没有另行签署的同意。",
  copy: "我的数据副本",
  copyLead: "账户、身份信息（明文）、同意记录、注册申请、文件清单与登录记录，存为 JSON 文件。导出会留痕。",
  copyMake: "导出我的数据",
  erase: "删除我的数据",
  eraseLead: "销毁您的身份信息的密钥，此后任何人（包括平台）都无法再读取；账户随即停用，不能恢复。预约、费用与审计记录依法保留，但不再指向您。",
  eraseAsk: "我明白：删除后不能恢复",
  password: "输入密码确认",
  passwordMissing: "请输入密码",
  eraseNow: "永久删除",
  erased: "您的数据已删除",
  held: "暂不能删除，原因如下：",
  until: "至 {{on}}",
};

export const tokenScopes = {
  named: "{{kind}}（{{may}}）",
  read: "查看",
  write: "操作",
  kinds: {
    account: "账户", audit: "审计", broker: "设备凭据", charges: "费用", devices: "设备", feeds: "日历订阅", files: "文件", institutions: "机构", instruments: "仪器",
    kiosk: "现场签到", labels: "标签", live: "实时数据", members: "企业成员", officers: "平台人员", people: "人员", policies: "预约规则", privacy: "个人信息",
    registrations: "注册", reservations: "预约", reviews: "审核", staff: "机构人员", stations: "站点与委托", statistics: "统计", system: "系统", usage: "机时", workdays: "工作日历",
  },
};

export const exporting = {
  xlsx: "导出 Excel",
};

export { actions } from "./actions.zh";
