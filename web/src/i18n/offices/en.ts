/** English texts of the platform's own desks: calendar, officers, entrusted stations, personal data. */

export const endorsement = {
  title: "The enterprise is asked first",
  on: "Members' reservations go to an administrator first, then to the institution",
  off: "Members' reservations go straight to the institution",
  label: "Members' reservations need an administrator's consent",
  changed: "Changed, for reservations from now on",
};

export const agency = {
  nav: "Entrusted",
  title: "Acting for clients",
  lead: "What enterprises entrusted this station with. It acts within the scope and the period only; the enterprise may end it at any time.",
  none: "No enterprise has entrusted this station yet",
  noneLead: "Once an administrator chooses this station under Enterprise → Entrusted, it appears here.",
  client: "Client",
  given: "Entrusted on",
  may: "May act in",
  reserve: "Reserve for a client",
  mine: "Reservations made for clients",
  noClient: "No enterprise entrusts this station with reservations at present.",
  forWhom: "For whom",
  choose: "Choose somebody of a client",
};

export const workdays = {
  nav: "Working days",
  title: "Working days",
  lead: "Every deadline of the platform is counted by this: holidays and make-up days as the State Council's office announces them.",
  guessed: "Holidays from {{year}} on are not published yet; deadlines that reach into it are provisional and counted again once the notice is imported.",
  notice: "Source",
  issued: "issued {{on}}",
  imported: "imported {{at}}",
  shipped: "ships with the program",
  none: "No notice for this year yet: only the statutory holidays are presumed.",
  off: "Off",
  work: "Made up",
  rest: "Weekend",
  legend: "Legend",
  import: "Import a notice",
  importLead: "Enter the notice as it was published. Importing a year again replaces what was known of it, and every open deadline is counted anew.",
  year: "Year",
  noticeTitle: "Title of the notice",
  issuedOn: "Issued on",
  offDays: "Days off",
  workDays: "Days made up",
  daysHint: "A span a line, then the holiday's name, such as 2027-02-05~2027-02-11 Spring Festival",
  workHint: "A day a line, such as 2027-01-09 New Year",
  badLine: "Line {{line}} is not understood: {{text}}",
  file: "Read a file",
  fileBad: "This file is no notice as JSON",
  counted: "{{off}} days off, {{work}} made up",
  send: "Import and count again",
  ask: "Import {{year}} and count every deadline again?",
  done: "Imported: {{moved}} deadlines moved, {{settled}} provisional ones became certain",
  months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
  weekdays: ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
  former: "Former year",
  next: "Next year",
};

export const officers = {
  tab: "Officers",
  lead: "Who works for the platform and the stations. An auditor has no other role; one operator stays at least.",
  add: "Appoint somebody",
  none: "Nobody yet",
  where: "Works for",
  platform: "The platform",
  since: "Appointed",
  at: "Works for",
};

export const holds = {
  tab: "Legal holds",
  lead: "People whose data the law has us keep, an investigation say: until it is over their wish to be erased is not carried out.",
  none: "Nobody's data is held",
  who: "Person",
  login: "Login",
  reason: "Reason",
  until: "Until",
  placed: "Placed",
  state: "State",
  holds: "Held",
  over: "Over",
  lifted: "Lifted",
  add: "Place a hold",
  placedNow: "Placed",
  lift: "Lift",
  liftAsk: "Lift the hold on {{name}}? An erasure they ask for is then carried out.",
  liftedNow: "Lifted",
};

export const privacy = {
  title: "Personal data",
  menu: "Personal data",
  lead: "What you agreed to and what is kept of you; take a copy, or have it erased, at any time.",
  consents: "Consents",
  purposes: { terms: "Terms of service", identity_data: "Use of identity data (sensitive, agreed to separately)" },
  version: "version {{version}}",
  given: "given {{at}}",
  withdrawn: "withdrawn {{at}}",
  stands: "Stands",
  gone: "Withdrawn",
  withdraw: "Withdraw",
  withdrawAsk: { terms: "Withdraw your consent to the terms? What was done before stays valid.", identity_data: "Withdraw your consent to the use of your identity data? What was done before stays valid; what needs your real name may no longer work." },
  withdrawnNow: "Withdrawn",
  again: "Agree again",
  givenNow: "Your consent is recorded",
  none: "No consents",
  noneLead: "An account that an institution or enterprise opened for you has none of its own.",
  copy: "A copy of my data",
  copyLead: "Account, identity in the clear, consents, registrations, list of files and sign-ins, as a JSON file. Making it is recorded.",
  copyMake: "Export my data",
  erase: "Erase my data",
  eraseLead: "Destroys the key to your identity data, which nobody, the platform included, can read from then on; the account is closed and cannot be restored. Reservations, charges and the audit trail are kept by law, but lead to you no more.",
  eraseAsk: "I understand that this cannot be undone",
  password: "Your password, to confirm",
  passwordMissing: "Your password is missing",
  eraseNow: "Erase for good",
  erased: "Your data was erased",
  held: "It cannot be erased yet, for these reasons:",
  until: "until {{on}}",
};

export const tokenScopes = {
  named: "{{kind}}: {{may}}",
  read: "read",
  write: "change",
  kinds: {
    account: "account", audit: "audit", broker: "device credentials", charges: "charges", devices: "devices", feeds: "calendar feeds", files: "files", institutions: "institutions", instruments: "instruments",
    kiosk: "kiosk", labels: "labels", live: "live data", members: "members", officers: "officers", people: "people", policies: "booking rules", privacy: "personal data",
    registrations: "registrations", reservations: "reservations", reviews: "reviews", staff: "staff", stations: "stations, entrustments", statistics: "statistics", system: "system", usage: "use", workdays: "working days",
  },
};

export const exporting = {
  xlsx: "Export to Excel",
};

export { actions } from "./actions.en";
