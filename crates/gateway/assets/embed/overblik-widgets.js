// <overblik-overview> and <overblik-widget source="…">: an overview as contracts/schemas/overview.schema.json describes
// it, shown in a page of a portal. No framework, no build; docs/portals.md tells how to use it.
//
// This file runs in other people's pages. What came as data becomes text, never markup; an address becomes a link only
// if it is plain https; nothing is stored, and nobody is asked but whom the element was told to ask. What a later
// version adds is shown plainly or left out, and breaks nothing.

// Reading: a value that is not what it should be is absent.

const textOf = (value) => (typeof value === 'string' && value ? value : undefined);
const listOf = (value) => (Array.isArray(value) ? value.filter((item) => item && typeof item === 'object') : []);
const countOf = (value) => (Number.isFinite(value) ? value : undefined);
const dateOf = (value) => (textOf(value) && /^\d{4}-\d\d-\d\d$/.test(value) && Date.parse(value) ? value : undefined);
const momentOf = (value) => (textOf(value) && Date.parse(value) ? new Date(value) : undefined);
const own = (table, name) => (textOf(name) && Object.hasOwn(table, name) ? table[name] : undefined);

function grouped(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups];
}

/** An address of the overview: plain https without user name and port. */
const addressOf = (value) =>
  textOf(value) && /^https:\/\/[a-z\d-]+(\.[a-z\d-]+)*([/?#][!#-;=?-[\]-~]*)?$/.test(value) && URL.canParse(value)
    ? value : undefined;

/** An address that the portal wrote in its own page: https, or this machine during development. */
function portalsAddress(value) {
  const isSafe = /^(https:|http:\/\/(127\.0\.0\.1|([a-z\d.-]+\.)?localhost)[:/])/.test(value);
  return isSafe && URL.canParse(value) ? value : undefined;
}

// Words. Every text is a pair of Danish and English; [0], [1] stand where something is filled in.

const fill = (pattern, ...parts) => pattern.replace(/\[(\d)\]/g, (_, index) => parts[index]);

const T = {
  fetching: ['Henter dit overblik …', 'Fetching your overview …'],
  failed: [
    'Overblikket kan ikke vises her lige nu. Det siger intet om, hvad myndighederne har om dig.',
    'The overview cannot be shown here right now. That says nothing about what the authorities hold about you.',
  ],
  loggedOut: ['Log ind igen for at se dit overblik her.', 'Log in again to see your overview here.'],
  notThere: ['Denne del er ikke med i dit overblik.', 'This part is not in your overview.'],
  whole: ['Se hele dit overblik', 'See your whole overview'],
  tryAgain: ['Prøv igen', 'Try again'],
  showAgain: ['Hent igen', 'Fetch again'],
  stepUp: ['Log ind med højere sikkerhed', 'Log in with higher security'],
  attention: ['Kræver din opmærksomhed', 'Needs your attention'],
  nothing: [
    'Alle kilder har svaret. Intet kræver din opmærksomhed lige nu.',
    'Every source has answered. Nothing needs your attention right now.',
  ],
  nothingInAnswers: [
    'I de svar, der er kommet, er der ikke noget, der kræver din opmærksomhed.',
    'In the answers that have come there is nothing that needs your attention.',
  ],
  unknown: [
    'Vi kan ikke sige, hvad der kræver din opmærksomhed, for ingen kilder har svaret.',
    'We cannot say what needs your attention, because no source has answered.',
  ],
  mayLack: ['Listen kan mangle noget fra: [0].', 'The list may lack something from: [0].'],
  nobodyAsked: ['Ingen kilder blev spurgt.', 'No source was asked.'],
  answered: ['Svar fra [0] af [1] kilder.', 'Answers from [0] of [1] sources.'],
  missing: ['Mangler svar fra: [0].', 'No answer from: [0].'],
  incomplete: ['Ufuldstændigt svar fra: [0].', 'Incomplete answer from: [0].'],
  notAsked: ['Ikke spurgt: [0].', 'Not asked: [0].'],
  about: ['Hvad kan du forvente her?', 'What can you expect here?'],
  contact: ['Kontakt', 'Contact'],
  opens: ['(åbner [0])', '(opens [0])'],
  goTo: ['Gå til [0]', 'Go to [0]'],
  answeredAt: ['Svar fra kl. [0]', 'Answer from [0]'],
  answeredOn: ['Svar fra [0]', 'Answer from [0]'],
  leftOutOne: ['1 oplysning kunne ikke vises.', '1 item could not be shown.'],
  leftOut: ['[0] oplysninger kunne ikke vises.', '[0] items could not be shown.'],
  showAll: ['Vis alle [0]', 'Show all [0]'],
  dateAt: ['[0] kl. [1]', '[0] at [1]'],
  dayRange: ['[0] til [1]', '[0] to [1]'],
  until: ['[0] til [1]', '[0] until [1]'],
  on: ['[0] den [1]', '[0] on [1]'],
  number: ['nr. [0]', 'no. [0]'],
  percent: ['[0] %', '[0]%'],
  daysOver: ['[0] dage over', '[0] days overdue'],
  dayOver: ['1 dag over', '1 day overdue'],
  today: ['i dag', 'today'],
  tomorrow: ['i morgen', 'tomorrow'],
  inDays: ['om [0] dage', 'in [0] days'],
  yes: ['Ja', 'Yes'],
  no: ['Nej', 'No'],
  titleUnknown: ['Titlen kan ikke vises', 'The title cannot be shown'],
  seeMore: ['Se mere', 'See more'],
  other: ['Andet', 'Other'],
};

const THEMES = {
  'children-family': ['Børn og familie', 'Children and family'],
  economy: ['Økonomi', 'Money'],
  housing: ['Bolig', 'Housing'],
  health: ['Sundhed', 'Health'],
  'culture-leisure': ['Kultur og fritid', 'Culture and leisure'],
  'work-education': ['Arbejde og uddannelse', 'Work and education'],
  cases: ['Sager', 'Cases'],
  mail: ['Post', 'Mail'],
};

const REASONS = {
  overdue: [['Overskredet', 'Overdue'], 'bad'],
  debt_collection: [['Inddrivelse', 'Debt collection'], 'bad'],
  action_needed: [['Handling', 'Action'], 'info'],
  due_soon: [['Snart', 'Soon'], 'warning'],
};

const CONTACTS = {
  phone: ['Telefon', 'Telephone'],
  email: ['E-mail', 'E-mail'],
  website: ['Hjemmeside', 'Website'],
  digital_post: ['Digital Post', 'Digital Post'],
};

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/Copenhagen' });
// Sweden writes dates as ISO 8601 does.
const DANISH_DATE = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Copenhagen' });
const dayOf = (moment) => DANISH_DATE.format(moment);

/** The words of one language as of a Danish date. */
class Words {
  constructor(language, today) {
    this.isDanish = language === 'da';
    this.locale = this.isDanish ? 'da-DK' : 'en-GB';
    this.today = today;
  }

  say = ([danish, english], ...parts) => fill(this.isDanish ? danish : english, ...parts);

  /** The gateway's text in this language. */
  of = (text) => textOf(text?.[this.isDanish ? 'da' : 'en']) ?? textOf(text?.da) ?? textOf(text?.en);

  #format = (value, options) => new Intl.DateTimeFormat(this.locale, options).format(new Date(value));
  date = (value) => this.#format(value, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  day = (value) => `${this.#format(value, { weekday: 'long', timeZone: 'UTC' })} ${this.date(value)}`;
  moment = (value) => this.say(T.dateAt, this.date(dayOf(value)), CLOCK.format(value));
  daysUntil = (value) => Math.round((Date.parse(value) - Date.parse(this.today)) / 86_400_000);
  isPast = (value) => this.daysUntil(value) < 0;

  relative(value) {
    const days = this.daysUntil(value);
    if (days < -1) return this.say(T.daysOver, -days);
    return this.say([T.dayOver, T.today, T.tomorrow][days + 1] ?? T.inDays, days);
  }

  deadline = (value) => `${this.relative(value)}, ${this.date(value)}`;

  money(value) {
    const minor = countOf(value?.minor);
    if (minor === undefined || !/^[A-Z]{3}$/.test(textOf(value.currency))) return undefined;
    const style = { style: 'currency', currency: value.currency, currencyDisplay: this.isDanish ? 'symbol' : 'code' };
    // U+2212 is the sign that screen readers read out.
    return (minor < 0 ? '\u2212' : '') + new Intl.NumberFormat(this.locale, style).format(Math.abs(minor) / 100);
  }

  /** When an appointment is, seen from today unless it is over or will not be held. */
  appointment(start, end, isHeld) {
    const day = dayOf(start);
    let time = this.say(T.dateAt, this.day(day), CLOCK.format(start));
    if (end && dayOf(end) === day) time += `–${CLOCK.format(end)}`;
    else if (end) time = this.say(T.dayRange, time, this.say(T.dateAt, this.day(dayOf(end)), CLOCK.format(end)));
    return isHeld && !this.isPast(day) ? `${this.relative(day)}, ${time}` : time;
  }
}

// Building the shadow tree.

/** An element whose classes are its parts too, and its children: texts, elements, lists of them, or nothing. */
function make(tag, classes, ...children) {
  const element = document.createElement(tag);
  if (classes) {
    element.className = classes;
    element.setAttribute('part', classes);
  }
  element.append(...children.flat().filter((child) => child instanceof Node || textOf(child)));
  return element;
}

/** Words of a source: Danish whatever the page's language, with a direction of their own. */
function sources(text) {
  const words = make('bdi', '', text);
  words.lang = 'da';
  return words;
}

function time(datetime, text) {
  const element = make('time', '', text);
  element.dateTime = datetime;
  return element;
}

function anchor(address, ...children) {
  const element = make('a', 'link', ...children);
  element.href = address;
  element.rel = 'noopener noreferrer';
  return element;
}

function button(classes, act, ...children) {
  const element = make('button', classes, ...children);
  element.type = 'button';
  element.addEventListener('click', act);
  return element;
}

const hidden = (...children) => make('span', 'hidden', ...children);

// Cards. A fact is a function of a widget and the words: label, what is said, tone; or nothing.

const fact = (read) => (field, ...label) => (it, words) => {
  const [said, tone] = [read(it[field], words)].flat();
  return said && [words.say(label), said, tone];
};
const source = fact((value) => textOf(value) && sources(value));
const amount = fact((value, words) => words.money(value));
const coded = fact((value, words) => words.of(value?.text));
const count = fact((value) => countOf(value)?.toString());
const place = fact((value, words) => countOf(value) !== undefined && words.say(T.number, value));
const on = fact((value, words) => dateOf(value) && time(value, words.date(value)));
const at = fact((value, words) => momentOf(value) && time(value, words.moment(momentOf(value))));
/** A date that must not be missed: near for a week, as in the attention list. */
const near = fact((value, words) => {
  if (!dateOf(value)) return undefined;
  const days = words.daysUntil(value);
  return [time(value, words.deadline(value)), days < 0 ? 'bad' : days <= 7 ? 'warning' : 'plain'];
});
/** A date that is looked forward to. */
const coming = fact((value, words) =>
  dateOf(value) && time(value, words.isPast(value) ? words.date(value) : words.deadline(value)));
const either = (field, yes, no, ...label) => (it, words) =>
  typeof it[field] === 'boolean' && [words.say(label), words.say(it[field] ? yes : no)];

const titled = (field) => (it) => textOf(it[field]) && sources(it[field]);
const title = titled('title');
const work = (it, words) => title(it) ?? words.say(T.titleUnknown);
const starts = on('starts_on', 'Fra', 'From');
const ends = on('ends_on', 'Til', 'Until');
const benefitState = ['state', { granted: 'good', active: 'good', applied: 'info' }];

/** A warning counts only while what it warns of can still be helped. */
function due(it, words) {
  const label = dateOf(it.due_on) && words.isPast(it.due_on) ? ['Forfaldt', 'Was due'] : ['Forfalder', 'Due'];
  return (dateOf(it.paid_on) || it.status?.code === 'paid' ? on : near)('due_on', ...label)(it, words);
}

/** The authority's own date. A citizen cannot miss it, so it never warns before it has passed. */
function expectedAnswer(it, words) {
  const isOpen = ['created', 'in_progress'].includes(it.status?.code) && !dateOf(it.closed_on);
  const isLate = dateOf(it.expected_by) && words.isPast(it.expected_by);
  if (isOpen && !isLate) return coming('expected_by', 'Svar ventes senest', 'Answer expected by')(it, words);
  const shown = (isOpen ? near : on)('expected_by', 'Svar var ventet senest', 'Answer was expected by')(it, words);
  return shown && [shown[0], shown[1], isOpen ? 'warning' : 'plain'];
}

/** Warns for a month before the end, unless it is out of force anyway. */
function validity(it, words) {
  if (!dateOf(it.valid_until)) return undefined;
  const isOutOfForce = ['suspended', 'revoked'].includes(it.state?.code);
  const days = words.daysUntil(it.valid_until);
  const label = days < 0 ? ['Gjaldt til', 'Was valid until'] : ['Gælder til', 'Valid until'];
  const isNear = days >= 0 && days <= 30 && !isOutOfForce;
  const [said, shown] = (isNear ? near : on)('valid_until', ...label)(it, words);
  return [said, shown, isNear ? 'warning' : days < 0 && !isOutOfForce ? 'bad' : 'plain'];
}

function feeReduction(it, words) {
  const share = countOf(it.fee_reduction_percent);
  if (share === undefined) return undefined;
  const [text, end] = [words.say(T.percent, share), dateOf(it.fee_reduction_until)];
  return [words.say(['Friplads', 'Fee reduction']), end ? words.say(T.until, text, words.date(end)) : text];
}

function lastPayment(it, words) {
  const [paid, day] = [words.money(it.last_amount), dateOf(it.last_paid_on)];
  const text = paid && day ? words.say(T.on, paid, words.date(day)) : (paid ?? (day && words.date(day)));
  return text && [words.say(['Seneste udbetaling', 'Last payment']), day ? time(day, text) : text];
}

const group = coded('group', 'Sikringsgruppe', 'Insurance group');

/** Each kind: its heading, the label of its link, and what its cards show. `one` is not counted. */
const KINDS = {
  loan: {
    name: ['Lån', 'Loans'],
    title: work,
    subtitle: ['author', 'material'],
    facts: [
      near('due_on', 'Afleveres', 'Due back'),
      (it, words) => coded('renewal', 'Fornyelse', 'Renewal')(it, words)
        ?? either('renewable', ['Kan fornyes', 'Can be renewed'], ['Kan ikke fornyes', 'Cannot be renewed'], 'Fornyelse', 'Renewal')(it, words),
      on('loaned_on', 'Lånt', 'Borrowed'),
    ],
  },
  reservation: {
    name: ['Reserveringer', 'Reservations'],
    title: work,
    subtitle: ['author'],
    badge: ['state', { ready_for_pickup: 'good', in_transit: 'info', inter_library: 'info' }],
    facts: [
      near('pickup_by', 'Hentes senest', 'Pick up by'),
      source('pickup_branch', 'Hentes på', 'Pick up at'),
      source('pickup_number', 'Afhentningsnummer', 'Pickup number'),
      place('queue_number', 'Plads i køen', 'Place in the queue'),
      on('reserved_on', 'Reserveret', 'Reserved'),
      on('expires_on', 'Udløber', 'Expires'),
    ],
  },
  waiting_list_place: {
    name: ['Ventelister', 'Waiting lists'],
    title: titled('list'),
    subtitle: ['child'],
    figure: place('place', 'Plads på listen', 'Place on the list'),
    facts: [
      on('wanted_from', 'Ønsket fra', 'Wanted from'),
      on('guaranteed_by', 'Garanteret senest', 'Guaranteed by'),
      source('institution_type', 'Type', 'Type'),
      source('area', 'Område', 'Area'),
      source('priority', 'Prioritet', 'Priority'),
      on('entered_on', 'Skrevet op', 'Entered'),
    ],
  },
  enrolment: {
    name: ['Pladser, du betaler for', 'Places you pay for'],
    title: titled('institution'),
    subtitle: ['child', 'institution_type'],
    figure: amount('price_next_month', 'Pris næste måned', 'Price next month'),
    facts: [
      starts,
      ends,
      feeReduction,
      either('sibling_discount', T.yes, T.no, 'Søskenderabat', 'Sibling discount'),
      source('address', 'Adresse', 'Address'),
      source('phone', 'Telefon', 'Telephone'),
    ],
  },
  child_book_entry: {
    name: ['Barnets bog', "The child's book"],
    way: ['Læs i barnets bog', "Read in the child's book"],
    title,
    subtitle: ['child', 'institution'],
    badge: ['category', {}],
    body: 'text',
    facts: [on('written_on', 'Skrevet', 'Written')],
  },
  payment: {
    name: ['Gebyrer og betalinger', 'Fees and payments'],
    way: ['Se betalingen', 'See the payment'],
    title,
    subtitle: ['creditor'],
    figure: (it, words) => amount('amount', ...(it.amount?.minor < 0 ? ['Til gode', 'Owed to you'] : ['', '']))(it, words),
    badge: ['status', {
      paid: 'good', coming: 'info', overdue: 'bad', sent_to_debt_agency: 'bad', partly_overdue: 'bad',
      partly_sent_to_debt_agency: 'bad', partly_overdue_and_sent: 'bad',
    }],
    facts: [due, amount('remaining', 'Restbeløb', 'Remaining'), on('paid_on', 'Betalt', 'Paid')],
  },
  payment_line: {
    name: ['Betalingen består af', 'The payment consists of'],
    title,
    subtitle: ['period'],
    figure: amount('amount', 'Beløb', 'Amount'),
    facts: [],
  },
  benefit: {
    name: ['Ydelser', 'Benefits'],
    way: ['Se ydelsen', 'See the benefit'],
    title,
    subtitle: ['payer'],
    figure: amount('next_amount', 'Næste udbetaling', 'Next payment'),
    badge: benefitState,
    facts: [
      coming('next_paid_on', 'Udbetales', 'Paid out'),
      lastPayment,
      coded('frequency', 'Hvor ofte', 'How often'),
      starts,
      ends,
    ],
  },
  service_benefit: {
    name: ['Hjælp og støtte', 'Help and support'],
    way: ['Se hjælpen', 'See the help'],
    title,
    badge: benefitState,
    facts: [source('extent', 'Omfang', 'Extent'), source('supplier', 'Leverandør', 'Provider'), starts, ends],
  },
  case: {
    name: ['Sager', 'Cases'],
    way: ['Se sagen', 'See the case'],
    title,
    subtitle: ['subject'],
    badge: ['status', { in_progress: 'info', decided: 'info', rejected: 'bad' }],
    facts: [
      source('next_step', 'Næste skridt', 'Next step'),
      expectedAnswer,
      on('closed_on', 'Afsluttet', 'Closed'),
      at('updated_at', 'Senest opdateret', 'Last updated'),
      on('opened_on', 'Oprettet', 'Opened'),
      source('reference', 'Sagsnummer', 'Case number'),
    ],
  },
  timeline_entry: {
    name: ['Forløb', 'What has happened'],
    one: true,
    when: (it, words) => (words.daysUntil(it.happened_on) > 0 ? coming : on)('happened_on', '', '')(it, words),
    title,
    body: 'text',
    facts: [],
  },
  document: {
    name: ['Dokumenter', 'Documents'],
    way: ['Læs dokumentet', 'Read the document'],
    title,
    facts: [on('dated_on', 'Dateret', 'Dated')],
  },
  appointment: {
    name: ['Aftaler', 'Appointments'],
    way: ['Se aftalen', 'See the appointment'],
    when: (it, words) => {
      const [start, end] = [momentOf(it.starts_at), momentOf(it.ends_at)];
      return start && ['', time(it.starts_at, words.appointment(start, end, it.state?.code !== 'cancelled'))];
    },
    title,
    badge: ['state', { booked: 'good', moved: 'warning', cancelled: 'bad' }],
    facts: [
      source('place', 'Sted', 'Place'),
      either('online', ['Online', 'Online'], ['Personligt', 'In person'], 'Fremmøde', 'Attendance'),
      source('preparation', 'Inden aftalen', 'Before the appointment'),
    ],
  },
  deadline: {
    name: ['Frister', 'Deadlines'],
    way: ['Se, hvad du skal gøre', 'See what to do'],
    when: near('due_on', 'Frist', 'Deadline'),
    title,
    facts: [
      source('action', 'Det skal du gøre', 'What to do'),
      source('consequence', 'Hvis du ikke når det', 'If you miss it'),
    ],
  },
  credential: {
    name: ['Beviser og tilladelser', 'Licences and permits'],
    way: ['Se eller forny', 'See or renew'],
    title,
    badge: ['state', { valid: 'good', suspended: 'warning', expired: 'bad', revoked: 'bad' }],
    facts: [
      validity,
      source('categories', 'Omfatter', 'Covers'),
      source('number', 'Nummer', 'Number'),
      source('issuer', 'Udstedt af', 'Issued by'),
      on('issued_on', 'Udstedt', 'Issued'),
    ],
  },
  health_card: {
    name: ['Sundhedskort', 'Health card'],
    one: true,
    way: ['Se sundhedskortet', 'See the health card'],
    label: (it) => (textOf(it.doctor) ? ['Læge', 'Doctor'] : ['Sikringsgruppe', 'Insurance group']),
    title: (it, words) => (textOf(it.doctor) ? sources(it.doctor) : words.of(it.group?.text)),
    subtitle: ['doctor_address'],
    facts: [
      source('doctor_phone', 'Lægens telefon', "The doctor's telephone"),
      (it, words) => textOf(it.doctor) && group(it, words),
      source('region', 'Region', 'Region'),
      on('valid_from', 'Gælder fra', 'Valid from'),
    ],
  },
  master_data: {
    name: ['Registrerede oplysninger', 'Registered details'],
    one: true,
    way: ['Se eller ret oplysningerne', 'See or correct the details'],
    title: titled('name'),
    note: (it) => it.protected_address === true && ['Navne- og adressebeskyttet', 'Name and address protected'],
    facts: [
      source('address', 'Adresse', 'Address'),
      source('municipality', 'Kommune', 'Municipality'),
      on('moved_in_on', 'Flyttet ind', 'Moved in'),
      coded('marital_status', 'Civilstand', 'Marital status'),
      source('phone', 'Telefon', 'Telephone'),
      source('email', 'E-mail', 'E-mail'),
      (it, words) => it.protected_address === false
        && [words.say(['Navne- og adressebeskyttelse', 'Name and address protection']), words.say(T.no)],
    ],
  },
  mailbox: {
    name: ['Postkasse', 'Mailbox'],
    one: true,
    way: ['Åbn postkassen', 'Open the mailbox'],
    title: (it, words) => words.say(['Digital post', 'Digital mail']),
    figure: count('unread', 'Ulæste', 'Unread'),
    facts: [
      (it, words) => {
        const shown = count('awaiting_answer', 'Venter på dit svar', 'Waiting for your answer')(it, words);
        return shown && [...shown, it.awaiting_answer > 0 ? 'warning' : 'plain'];
      },
      at('latest_at', 'Seneste besked', 'Latest message'),
      source('latest_sender', 'Seneste afsender', 'Latest sender'),
      count('total', 'Beskeder i alt', 'Messages in all'),
    ],
  },
};

/** A kind of a later version: what has a title is shown by it. */
const LATER = { name: T.other, title, facts: [] };

/** The card of a widget, or nothing if there is nothing to call it by. */
function card(it, words) {
  const kind = own(KINDS, it.kind) ?? LATER;
  const name = kind.title(it, words);
  if (!name) return undefined;
  const when = kind.when?.(it, words);
  const figure = kind.figure?.(it, words);
  const label = kind.label?.(it);
  const note = kind.note?.(it);
  const [state, tones] = [it[kind.badge?.[0]], kind.badge?.[1]];
  const badge = note ? [words.say(note), 'info'] : words.of(state?.text) && [words.of(state.text), own(tones, state.code) ?? 'plain'];
  const subtitle = (kind.subtitle ?? []).map((field) => textOf(it[field])).filter(Boolean);
  const facts = kind.facts.map((read) => read(it, words)).filter(Boolean);
  const body = textOf(it[kind.body]);
  const link = addressOf(it.link);
  const copy = typeof name === 'string' ? name : name.cloneNode(true);
  return make('li', 'card',
    when && make('p', `when ${when[2] ?? 'plain'}`, when[0] && `${when[0]}: `, when[1]),
    make('div', 'head',
      make('div', '',
        make('p', 'name', label && `${words.say(label)}: `, name),
        subtitle.length > 0 && make('p', 'subtitle', subtitle.flatMap((part, index) => [index > 0 && ' · ', sources(part)]))),
      figure && make('p', 'figure', figure[0] && make('span', 'label', figure[0], ' '), figure[1])),
    badge && make('p', `badge ${badge[1]}`, badge[0]),
    body && make('p', 'body', sources(body)),
    facts.length > 0 && make('dl', 'facts', facts.map(([said, shown, tone = 'plain']) =>
      make('div', tone, make('dt', '', said), make('dd', '', shown)))),
    link && make('p', '', anchor(link, words.say(kind.way ?? T.seeMore), hidden(': ', copy), ' ', opens(link, words))));
}

const opens = (address, words) => make('span', 'host', words.say(T.opens, new URL(address).hostname));

// Sections and overview.

/** Cards of one kind, and entries of the attention list, shown before the rest is folded away. */
const CARDS_SHOWN = 10;
const ENTRIES_SHOWN = 5;

/** A state of a later version counts as asked and not answered. */
const isAnswered = ({ state }) => ['ready', 'empty', 'partial'].includes(state);
const isAsked = ({ state }) => !['suspended', 'step_up_required', 'not_covered'].includes(state);
const isInFull = ({ state }) => ['ready', 'empty'].includes(state);

/** One drawing of an overview, or of a part of it. */
class Drawing {
  /** `level` is of the topmost heading, `link` leads to the overview itself, and `again` asks again; both may lack. */
  constructor(words, { level, link, again }) {
    Object.assign(this, { words, level, link, again });
  }

  heading = (below, classes, ...children) => make(`h${Math.min(this.level + below, 6)}`, classes, ...children);

  folded(items, shown, classes) {
    const [first, rest] = [items.slice(0, shown), items.slice(shown)];
    return [make('ul', classes, first),
      rest.length > 0 && make('details', '', make('summary', '', this.words.say(T.showAll, items.length)), make('ul', classes, rest))];
  }

  /** What a citizen can do where nothing can be shown. */
  waysOut = (...more) =>
    make('p', 'ways', ...more, this.link && anchor(this.link, this.words.say(T.whole), ' ', opens(this.link, this.words)));

  named = (section) => `${this.words.of(section.title) ?? ''} (${this.words.of(section.authority?.name) ?? ''})`;

  groups(widgets, below) {
    const groups = grouped(widgets, ({ kind }) => (own(KINDS, kind) ? kind : ''));
    let leftOut = 0;
    const shown = groups.flatMap(([kind, members]) => {
      const cards = members.map((it) => card(it, this.words)).filter(Boolean);
      leftOut += members.length - cards.length;
      if (cards.length === 0) return [];
      const { name, one } = own(KINDS, kind) ?? LATER;
      const text = this.words.say(name) + (one && cards.length === 1 ? '' : ` (${cards.length})`);
      return [this.heading(below, 'kind', text), ...this.folded(cards, CARDS_SHOWN, 'cards')];
    });
    return [shown, leftOut];
  }

  section(section, below) {
    const { words } = this;
    const title = words.of(section.title) ?? '';
    const authority = words.of(section.authority?.name) ?? '';
    const asOf = momentOf(section.as_of);
    const isToday = asOf && dayOf(asOf) === words.today;
    const answered = asOf && (isToday ? words.say(T.answeredAt, CLOCK.format(asOf)) : words.say(T.answeredOn, words.moment(asOf)));
    const message = words.of(section.message);
    const isCalm = isInFull(section) || section.state === 'not_covered';
    const tone = isCalm ? 'plain' : ['pending', 'step_up_required'].includes(section.state) ? 'info' : 'warning';
    const [groups, notShown] = this.groups(listOf(section.widgets), below + 1);
    const leftOut = (countOf(section.left_out) ?? 0) + notShown;
    const link = addressOf(section.link);
    const contacts = listOf(section.contact).map((contact) => this.contact(contact)).filter(Boolean);
    const expect = words.of(section.expect);
    const head = this.heading(below, 'title', title);
    head.tabIndex = -1;
    const article = make('article', 'box section', head,
      make('p', 'authority', authority, asOf && [' · ', time(section.as_of, answered)]),
      message && make('p', `message ${tone}`, message),
      groups,
      leftOut > 0 && make('p', 'small', leftOut === 1 ? words.say(T.leftOutOne) : words.say(T.leftOut, leftOut)),
      make('p', 'ways', this.wayOut(section, isCalm, title),
        link && anchor(link, words.say(T.goTo, authority), ' ', opens(link, words))),
      (expect || contacts.length > 0) && make('details', '',
        make('summary', '', words.say(T.about), hidden(`: ${title}`)),
        expect && make('p', '', expect),
        contacts.length > 0 && make('p', 'kind', words.say(T.contact)),
        contacts.length > 0 && make('dl', 'facts', contacts)));
    article.setAttribute('aria-label', title);
    return article;
  }

  wayOut({ state }, isCalm, title) {
    const { words, link, again } = this;
    if (state === 'step_up_required') return link && anchor(link, words.say(T.stepUp), hidden(`: ${title}`));
    if (isCalm || !again) return undefined;
    return button('button', again, words.say(state === 'pending' ? T.showAgain : T.tryAgain), hidden(`: ${title}`));
  }

  /** A way to reach the authority; a value that has not its kind's form is only shown. */
  contact({ kind, value }) {
    const label = own(CONTACTS, kind);
    if (!label || !textOf(value)) return undefined;
    const address = {
      phone: /^\d{8}$/.test(value) && `tel:+45${value}`,
      email: /^[!-$'->A-~]+@[!-$'->A-~]+$/.test(value) && `mailto:${value}`,
      website: addressOf(value),
    }[kind];
    return make('div', '', make('dt', '', this.words.say(label)), make('dd', '', address ? anchor(address, value) : value));
  }

  attention(entries, sections, goTo) {
    const { words } = this;
    const uncertain = sections.filter((section) => !isInFull(section));
    const empty = !sections.some(isAnswered) ? T.unknown : uncertain.length > 0 ? T.nothingInAnswers : T.nothing;
    const shown = entries.map(({ source, kind, date, text, link }) => {
      const [label, tone] = own(REASONS, kind) ?? [T.other, 'plain'];
      const section = sections.find((each) => each.source === source);
      const address = addressOf(link);
      return make('li', 'entry',
        make('p', '', make('strong', `reason ${tone}`, `${words.say(label)}:`), ' ', make('bdi', '', words.of(text))),
        dateOf(date) && make('p', 'date', time(date, words.deadline(date))),
        make('p', 'ways small',
          section && button('jump', () => goTo(section), words.of(section.title)),
          address && anchor(address, section && words.say(T.goTo, words.of(section.authority?.name) ?? ''), ' ', opens(address, words))));
    });
    const box = make('section', 'box attention', this.heading(0, 'heading', words.say(T.attention)),
      uncertain.length > 0 && make('p', 'small', words.say(T.mayLack, uncertain.map(this.named).join(', '))),
      shown.length > 0 ? this.folded(shown, ENTRIES_SHOWN, '') : make('p', '', words.say(empty)));
    box.firstChild.tabIndex = -1;
    box.setAttribute('aria-label', words.say(T.attention));
    return box;
  }

  /** How many sources answered, and which did not. */
  completion(sections) {
    const { words } = this;
    const asked = sections.filter(isAsked);
    const naming = (text, these) => these.length > 0 && words.say(text, these.map(this.named).join(', '));
    return [
      asked.length > 0 ? words.say(T.answered, asked.filter(isAnswered).length, asked.length) : words.say(T.nobodyAsked),
      naming(T.missing, asked.filter((section) => !isAnswered(section))),
      naming(T.incomplete, sections.filter(({ state }) => state === 'partial')),
      naming(T.notAsked, sections.filter((section) => !isAsked(section))),
    ].filter(Boolean).join(' ');
  }

  themes(sections) {
    const places = new Map(sections.map((section) => [section, this.section(section, 1)]));
    const themes = grouped(sections, ({ theme }) => (own(THEMES, theme) ? theme : ''));
    const shown = themes.map(([theme, members]) => make('section', 'theme',
      this.heading(0, 'heading', this.words.say(own(THEMES, theme) ?? T.other)), members.map((section) => places.get(section))));
    return [make('div', 'themes', shown), (section) => places.get(section).querySelector('.title').focus()];
  }
}

const STYLE = `
:host { --ink: var(--overblik-ink, #1a1a1a); --soft: var(--overblik-ink-soft, #454545);
--accent: var(--overblik-accent, #004d99); --line: var(--overblik-line, #dcdcdc); --paper: var(--overblik-paper, #fff);
--good: var(--overblik-good, #2a6600); --warning: var(--overblik-warning, #704a00); --bad: var(--overblik-bad, #b30000);
--radius: var(--overblik-radius, 4px); display: block; color: var(--ink); font: var(--overblik-font, inherit);
line-height: 1.5; overflow-wrap: break-word }
:host([hidden]) { display: none }
*, ::before, ::after { box-sizing: border-box }
h1, h2, h3, h4, h5, h6, p, ul, dl, dd { margin: 0; padding: 0; font-size: inherit; list-style: none }
a, button, summary { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.content, .themes, .theme, .cards { display: grid; gap: 1em }
.content > *, .theme > *, .card { min-width: 0 }
.status:not(:empty, .hidden) { margin-bottom: .75em }
.heading { font-size: 1.25em }
.title { font-size: 1.125em }
.kind { margin: 1em 0 .5em }
.box, .card { padding: 1em; background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius) }
.attention { border-top: 4px solid var(--accent) }
.small, .host, .authority, .subtitle, dt, .label { font-size: .875em; color: var(--soft) }
.message { margin-top: .75em; padding: .5em 1em; border: 1px solid; border-left-width: 4px }
.cards { grid-template-columns: repeat(auto-fit, minmax(min(100%, 18em), 1fr)) }
.head, .ways { display: flex; flex-wrap: wrap; gap: .25em 1.25em }
.head { justify-content: space-between }
.kind, .name, .when, .figure, .badge, .warning dd, .bad dd { font-weight: 600 }
.figure { font-size: 1.25em; line-height: 1.2 }
.label { display: block; font-weight: 400 }
.body { white-space: pre-line }
.badge { width: fit-content; padding: 0 .5em; border: 1px solid; border-radius: 4px; font-size: .875em }
.badge, .body, .facts, .ways, details, details > * { margin-top: .5em }
.facts dt, .facts dd { display: inline }
dt::after { content: ": " }
.good { color: var(--good) }
.info { color: var(--accent) }
.warning:not(div), .warning dd { color: var(--warning) }
.bad:not(div), .bad dd { color: var(--bad) }
.entry + .entry { margin-top: .75em; padding-top: .75em; border-top: 1px solid var(--line) }
summary { width: fit-content; padding-block: .25em; cursor: pointer }
summary, .jump { text-decoration: underline }
button { padding: 0; border: 0; background: none; font: inherit; cursor: pointer }
.button { padding: .25em .875em; border: 2px solid; border-radius: var(--radius); font-weight: 600 }
@media print { button, summary { display: none } }`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);

/** Questions on their way, by address or by who gives the token: elements of one page ask together. */
const asked = new Map();

/** What both elements do: ask, or be given an overview; draw it, and say what became of it. */
class OverblikElement extends HTMLElement {
  static observedAttributes = ['src', 'gateway', 'link', 'source', 'heading-level', 'lang'];

  #data;
  #token;
  #failure;
  #asking;
  #isPlaced = false;
  #movesFocus = false;
  #status = make('p', 'status');
  #content = make('div', 'content');

  constructor() {
    super();
    this.#status.setAttribute('role', 'status');
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#status, this.#content);
  }

  /** The gateway's JSON: an overview, or one section of it. */
  get overview() {
    return this.#data;
  }

  set overview(data) {
    this.#asking = this.#failure = undefined;
    this.#data = data ?? undefined;
    this.#draw();
  }

  /** Gives an embed token whenever one is needed: `async () => "…"`. */
  get token() {
    return this.#token;
  }

  set token(give) {
    this.#token = give;
    this.reload();
  }

  connectedCallback() {
    // What was set before this file had come.
    for (const name of ['overview', 'token']) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    addEventListener('pagehide', this);
    addEventListener('pageshow', this);
    this.#isPlaced = true;
    if (this.#data === undefined) this.reload();
    this.#draw();
  }

  disconnectedCallback() {
    removeEventListener('pagehide', this);
    removeEventListener('pageshow', this);
    this.#isPlaced = false;
    this.#asking = undefined;
  }

  /** What the browser keeps of a page for the way back may be of a session that is over by then. */
  handleEvent({ type, persisted }) {
    if (!persisted || !this.#canAsk) return;
    if (type === 'pagehide') this.overview = undefined;
    else this.reload();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#isPlaced) return;
    if (name === 'src' || name === 'gateway') this.reload();
    this.#draw();
  }

  get #canAsk() {
    return this.hasAttribute('src') || (this.hasAttribute('gateway') && typeof this.#token === 'function');
  }

  /** Asks again. What is shown stays until the answer is there. */
  async reload() {
    if (!this.#isPlaced || !this.#canAsk) return;
    const asking = (this.#asking = {});
    const key = this.getAttribute('src') ?? this.#token;
    if (!asked.has(key)) asked.set(key, this.#ask().finally(() => asked.delete(key)));
    this.#draw();
    let data;
    let problem;
    try {
      data = await asked.get(key);
    } catch (error) {
      problem = error;
    }
    // Asked anew, or given something, meanwhile: nobody waits for this answer.
    if (asking !== this.#asking) return;
    this.#asking = undefined;
    this.#failure = problem && (problem.status === 401 ? T.loggedOut : T.failed);
    // What was shown may be of a session that is over, so nothing outlives a failure.
    this.#data = data;
    this.#draw();
    const detail = { status: problem?.status };
    this.dispatchEvent(new CustomEvent(problem ? 'overblik-failed' : 'overblik-shown', { bubbles: true, composed: true, detail }));
  }

  async #ask() {
    const options = { cache: 'no-store', redirect: 'error', headers: { accept: 'application/json' } };
    let address;
    if (this.hasAttribute('src')) {
      address = new URL(this.getAttribute('src'), document.baseURI);
      Object.assign(options, { mode: 'same-origin', credentials: 'same-origin' });
    } else {
      address = new URL('/embed/v1/overview', portalsAddress(this.getAttribute('gateway')));
      options.headers.authorization = `Bearer ${await this.#token()}`;
      options.credentials = 'omit';
    }
    const answer = await fetch(address, options);
    if (!answer.ok) throw Object.assign(new Error(`status ${answer.status}`), { status: answer.status });
    return (await answer.json()) ?? undefined;
  }

  #draw() {
    if (!this.#isPlaced) return;
    const language = this.closest('[lang]')?.lang.toLowerCase().startsWith('en') ? 'en' : 'da';
    const data = this.#data;
    const now = momentOf(data?.generated_at) ?? momentOf(data?.as_of) ?? new Date();
    const words = new Words(language, dayOf(now));
    const drawing = new Drawing(words, {
      level: Math.max(Number.parseInt(this.getAttribute('heading-level'), 10) || 2, 1),
      link: portalsAddress(this.getAttribute('link') ?? this.getAttribute('gateway')),
      again: this.#canAsk ? () => { this.#movesFocus = true; this.reload(); } : undefined,
    });
    const shown = data && this.show(drawing, data);
    const failure = this.#failure;
    const again = failure === T.failed && drawing.again && button('button', drawing.again, words.say(T.tryAgain));
    const told = failure ? words.say(failure) : shown ? shown.told : this.#asking ? words.say(T.fetching) : '';
    this.#content.replaceChildren(...(shown ? shown.content : failure ? [drawing.waysOut(again)] : []));
    this.#content.lang = this.#status.lang = language;
    this.#content.ariaBusy = String(Boolean(this.#asking));
    // Announced when the words change, so they are not written again.
    if (this.#status.textContent !== told) this.#status.textContent = told;
    this.#status.classList.toggle('hidden', Boolean(shown?.isQuiet));
    if (this.#movesFocus && !this.#asking) {
      this.#movesFocus = false;
      this.#content.querySelector('[tabindex], button, a')?.focus();
    }
  }
}

/** Everything: what needs attention, and every section by theme. */
class OverblikOverview extends OverblikElement {
  show(drawing, data) {
    const sections = listOf(data.sections);
    const [themes, goTo] = drawing.themes(sections);
    return {
      told: drawing.completion(sections),
      content: [drawing.attention(listOf(data.attention), sections, goTo), themes],
    };
  }
}

/** One section of an overview, by its source. */
class OverblikWidget extends OverblikElement {
  show(drawing, data) {
    const name = this.getAttribute('source');
    const section = Array.isArray(data.sections) ? listOf(data.sections).find(({ source }) => source === name) : data;
    if (!section) return { told: drawing.words.say(T.notThere), content: [drawing.waysOut()] };
    const told = [drawing.words.of(section.title), drawing.words.of(section.message)].filter(Boolean).join(': ');
    return { told, isQuiet: true, content: [drawing.section(section, 0)] };
  }
}

customElements.define('overblik-overview', OverblikOverview);
customElements.define('overblik-widget', OverblikWidget);
