-- Temporary tables of the allocator: made once per session, emptied by every commit and rollback.
-- The first five are its input, `alloc_set` and `alloc_line` its answer, the others its own steps.
--
-- INPUT. A *case* is one deal as it stands at one moment. A live chunk uses the opportunity's id as case_id; a diff,
-- a recomputation or a vectors file uses any numbers, and may have one deal in several cases.

-- One row per model version to apply. Written by allocate.load_rules() from `rules.Rule`, never by hand.
CREATE TEMPORARY TABLE alloc_version (
    version_id      bigint PRIMARY KEY,         -- AttributionModelVersion
    model_id        bigint NOT NULL,            -- AttributionModel
    profile_id      bigint NOT NULL,            -- smallest version_id that admits touches by the same settings
    is_retired      boolean NOT NULL,           -- true: every deal is out of scope, reason model_retired
    is_sourced      boolean NOT NULL,
    family          text NOT NULL,
    anchor          text NOT NULL,              -- opened | closed | stage:<code>
    window_hours    integer NOT NULL,
    dedupe          text NOT NULL,              -- none | collapse | first | last
    rungs           smallint[] NOT NULL,
    sides           text[] NOT NULL,
    opportunity_kinds text[] NOT NULL,
    activity_kinds  text[],                     -- null: all
    use_hint        boolean NOT NULL,
    names_milestone boolean NOT NULL,           -- lead, opened, closed or a stage has weight
    middle_weight   integer NOT NULL,           -- families with positions: millionths
    first_weight    integer NOT NULL,
    last_weight     integer NOT NULL,
    first_bit       integer NOT NULL,           -- 0 when the position has no weight
    last_bit        integer NOT NULL,
    all_bits        integer NOT NULL,
    excluded        text[] NOT NULL,            -- last_non: activity kinds passed over
    half_life_hours integer                     -- time_decay
) ON COMMIT DELETE ROWS;

-- One row per position with weight > 0. Written by allocate.load_rules().
CREATE TEMPORARY TABLE alloc_position (
    version_id bigint NOT NULL,
    position   text NOT NULL,                   -- first | last | lead | opened | closed | stage:<code>
    weight     integer NOT NULL,                -- millionths
    bit        integer NOT NULL                 -- 1 << place among the version's named positions, alphabetical
) ON COMMIT DELETE ROWS;

-- One row per case. The caller fills it.
CREATE TEMPORARY TABLE alloc_deal (
    case_id             bigint PRIMARY KEY,
    version_id          bigint,                 -- null: all versions apply; else only this one
    opportunity_id      bigint NOT NULL,
    fact_id             bigint,                 -- OpportunityFact the columns below come from
    as_of               timestamptz NOT NULL,
    kind                text NOT NULL,
    amount              numeric,                -- null: unknown
    currency            text NOT NULL,
    opened_at           timestamptz NOT NULL,
    opened_is_estimated boolean NOT NULL,
    lead_at             timestamptz,
    closed_at           timestamptz,            -- as in the fact; the allocator reads it as at as_of (open when later)
    closed_is_estimated boolean NOT NULL,
    outcome             text NOT NULL,          -- open | won | lost, as in the fact
    is_deleted          boolean NOT NULL,
    restart_at          timestamptz,            -- latest closed_at of another won, not deleted deal of the same account
                                                -- with closed_at <= this opened_at; null: none
    report_degree_bp    integer,                -- current BuyerReport; null: none
    reporting_currency  text NOT NULL,          -- CLG_CURRENCY
    -- Exchange rate of the currency, resolved by the caller: of the rows with the latest `on` at or before the UTC
    -- date of closed_at (when outcome <> 'open' and closed_at <= as_of) or else of opened_at, and at most 45 days
    -- older, the one recorded last. Null: none. Not looked at when currency = reporting_currency.
    rate_id             bigint,
    rate                numeric,
    rate_on             date
) ON COMMIT DELETE ROWS;

-- One row per current touch of the case (void ones too: they are refused with their reason). The caller fills it.
CREATE TEMPORARY TABLE alloc_touch (
    case_id       bigint NOT NULL,
    touch_id      bigint NOT NULL,
    encounter_id  bigint NOT NULL,
    activity_id   bigint NOT NULL,
    activity_kind text NOT NULL,
    champion_id   bigint NOT NULL,
    occurred_at   timestamptz NOT NULL,
    role          text NOT NULL,                -- sourced | influenced
    rung          smallint NOT NULL,            -- 1-6
    side          text NOT NULL,                -- own | family | peer
    hint_milli    integer NOT NULL,             -- weight_hint * 1000
    void_reason   text NOT NULL                 -- withdrawn | duplicate_activity | empty
) ON COMMIT DELETE ROWS;

-- First entry of each stage of the case; only needed when a version names a stage. The caller fills it.
CREATE TEMPORARY TABLE alloc_stage (
    case_id    bigint NOT NULL,
    code       text NOT NULL,
    entered_at timestamptz NOT NULL
) ON COMMIT DELETE ROWS;

-- Shares of the case's current buyer report; only needed with the family `reported`. The caller fills it.
CREATE TEMPORARY TABLE alloc_share (
    case_id     bigint NOT NULL,
    champion_id bigint NOT NULL,
    share_bp    integer NOT NULL
) ON COMMIT DELETE ROWS;

-- ANSWER. One row per (version, case): state `lines` when in scope, else `closed` with the reason. A writer keeps a
-- `closed` row only where a head with lines is to be closed.
CREATE TEMPORARY TABLE alloc_set (
    case_id            bigint NOT NULL,
    version_id         bigint NOT NULL,
    model_id           bigint NOT NULL,
    opportunity_id     bigint NOT NULL,
    state              text NOT NULL,           -- lines | closed
    closed_reason      text NOT NULL,           -- empty | deleted | not_opened_yet | kind_out_of_scope | no_buyer_report |
                                                -- milestone_not_reached | model_retired
    fact_id            bigint,
    rate_id            bigint,
    as_of              timestamptz NOT NULL,
    anchor_at          timestamptz,             -- null: as_of (the deal is open and the anchor its closing)
    milestones         jsonb,                   -- {position: moment} of the milestones the version names, known ones
    restart_at         timestamptz,
    path               bigint[] NOT NULL,       -- touch ids in order
    rejected           bigint[] NOT NULL,       -- touch ids in order, and beside it
    rejected_codes     smallint[] NOT NULL,     -- the reason of each
    outcome            text NOT NULL,           -- as at as_of
    basis_minor        bigint NOT NULL,
    currency           text NOT NULL,
    reporting_minor    bigint,
    reporting_currency text NOT NULL,
    fx_rate            numeric(20, 10),
    fx_on              date,
    raw_total          numeric(60, 0) NOT NULL, -- 0 in state closed
    flags              text[] NOT NULL,         -- sorted
    lines              integer NOT NULL,        -- how many, and how many of them with a touch
    touched            integer NOT NULL,
    credited           bigint NOT NULL,         -- reporting money of the lines with a touch, and of the one without
    unattributed       bigint NOT NULL,
    fingerprint        uuid NOT NULL
) ON COMMIT DELETE ROWS;

CREATE TEMPORARY TABLE alloc_line (
    case_id             bigint NOT NULL,
    version_id          bigint NOT NULL,
    line_no             integer NOT NULL,       -- from 1, path order, the line without touch last
    touch_id            bigint,
    unattributed_reason text NOT NULL,          -- empty | no_touch | no_eligible_touch | no_weight | not_by_references
    held                integer NOT NULL,
    raw                 numeric(60, 0) NOT NULL,
    credit_micros       integer NOT NULL,
    amount_minor        bigint NOT NULL,
    reporting_minor     bigint
) ON COMMIT DELETE ROWS;

-- STEPS, in the order in which they are filled.

-- Digits of the currencies that do not have two; written by allocate.load_rules().
CREATE TEMPORARY TABLE alloc_scale (
    currency text PRIMARY KEY,
    scale    integer NOT NULL                   -- minor units in one unit
) ON COMMIT DELETE ROWS;

-- One row per case: everything that no version changes.
CREATE TEMPORARY TABLE alloc_case (
    case_id         bigint NOT NULL,
    version_id      bigint,
    opportunity_id  bigint NOT NULL,
    fact_id         bigint,
    as_of           timestamptz NOT NULL,
    kind            text NOT NULL,
    opened_at       timestamptz NOT NULL,
    lead_at         timestamptz,
    closed_at       timestamptz,                -- null while open at as_of
    outcome         text NOT NULL,              -- at as_of
    is_deleted      boolean NOT NULL,
    has_report      boolean NOT NULL,
    restart_at      timestamptz,
    basis_minor     bigint NOT NULL,
    currency        text NOT NULL,
    reporting_minor bigint,
    reporting_currency text NOT NULL,
    rate_id         bigint,
    fx_rate         numeric,
    fx_on           date,
    flags           text[] NOT NULL,
    inputs          text NOT NULL               -- what the fingerprint says about the deal
) ON COMMIT DELETE ROWS;

-- One row per (profile, case): is it in scope, until when does a touch count.
CREATE TEMPORARY TABLE alloc_scope (
    profile_id    bigint NOT NULL,
    case_id       bigint NOT NULL,
    closed_reason text NOT NULL,
    anchor_at     timestamptz
) ON COMMIT DELETE ROWS;

-- One row per (profile, case in scope, touch), judged.
CREATE TEMPORARY TABLE alloc_judged (
    profile_id    bigint NOT NULL,
    case_id       bigint NOT NULL,
    touch_id      bigint NOT NULL,
    code          smallint,                     -- null: on the path
    place         integer NOT NULL,             -- on the path, from 1
    places        integer NOT NULL,             -- length of the path
    activity_kind text NOT NULL,
    champion_id   bigint NOT NULL,
    activity_id   bigint NOT NULL,
    encounter_id  bigint NOT NULL,
    occurred_at   timestamptz NOT NULL,
    hint_milli    integer NOT NULL
) ON COMMIT DELETE ROWS;

-- One row per (profile, case in scope) with touches.
CREATE TEMPORARY TABLE alloc_path (
    profile_id bigint NOT NULL,
    case_id    bigint NOT NULL,
    path       bigint[],
    rejected   bigint[],
    codes      smallint[],
    inputs     text NOT NULL                    -- what the fingerprint says about the touches
) ON COMMIT DELETE ROWS;

-- Of versions that name a milestone: the path touches that hold something, and the moments of the milestones.
CREATE TEMPORARY TABLE alloc_holder (
    version_id bigint NOT NULL,
    case_id    bigint NOT NULL,
    place      integer NOT NULL,
    weight     integer NOT NULL,
    bits       integer NOT NULL,
    holders    integer NOT NULL                 -- how many touches of the path hold something
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE alloc_milestones (
    version_id bigint NOT NULL,
    case_id    bigint NOT NULL,
    moments    jsonb NOT NULL
) ON COMMIT DELETE ROWS;

-- Sets of the family last_non whose path touches are all of kinds passed over.
CREATE TEMPORARY TABLE alloc_fallback (
    version_id bigint NOT NULL,
    case_id    bigint NOT NULL
) ON COMMIT DELETE ROWS;

-- Path touches of versions with time decay, and how long before the last one they were.
CREATE TEMPORARY TABLE alloc_age (
    version_id      bigint NOT NULL,
    case_id         bigint NOT NULL,
    place           integer NOT NULL,
    touch_id        bigint NOT NULL,
    hint_milli      integer NOT NULL,
    half_life_hours integer NOT NULL,
    places          integer NOT NULL,
    age_us          bigint NOT NULL
) ON COMMIT DELETE ROWS;

-- 2^-(step * unit / half-life), with 45 digits; kept for the session, for it depends on nothing else.
CREATE TEMPORARY TABLE alloc_decay (
    half_life_hours integer NOT NULL,
    unit            bigint NOT NULL,            -- microseconds
    step            integer NOT NULL,
    factor          numeric NOT NULL,
    PRIMARY KEY (half_life_hours, unit, step)
) ON COMMIT PRESERVE ROWS;

-- Raw weights, at least 1, of the lines to be.
CREATE TEMPORARY TABLE alloc_weight (
    version_id bigint NOT NULL,
    case_id    bigint NOT NULL,
    place      integer NOT NULL,
    touch_id   bigint,
    held       integer NOT NULL,
    raw        bigint NOT NULL,
    raw_big    numeric,                         -- families whose weights may pass 63 bits; raw is then 0
    even_of    integer                          -- lines in the set when all weigh the same; line_no is then place
) ON COMMIT DELETE ROWS;
