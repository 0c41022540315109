-- Temporary tables of the matcher: made once per session, empty after each commit.

-- INPUT: the encounters to match.
CREATE TEMPORARY TABLE match_encounter (encounter_id bigint PRIMARY KEY) ON COMMIT DELETE ROWS;

-- Encounters that name no deal, with what is known of the buyer.
CREATE TEMPORARY TABLE match_buyer (
    encounter_id       bigint NOT NULL,
    contact_id         bigint,
    contact_account_id bigint,
    account_id         bigint,                  -- the buyer's account as the encounter names it
    domain             text NOT NULL,           -- the buyer's, empty for none and for free mail
    mail_domain        text NOT NULL,           -- of the contact's address, likewise
    occurred_at        timestamptz NOT NULL
) ON COMMIT DELETE ROWS;

-- Deals reached, each encounter at one rung only.
CREATE TEMPORARY TABLE match_reached (
    encounter_id   bigint NOT NULL,
    opportunity_id bigint NOT NULL,
    rung           smallint NOT NULL
) ON COMMIT DELETE ROWS;

-- The touches that ought to be current, column by column as in advocacy_touch.
CREATE TEMPORARY TABLE match_touched (
    encounter_id   bigint NOT NULL,
    opportunity_id bigint NOT NULL,
    activity_id    bigint NOT NULL,
    activity_kind  text NOT NULL,
    champion_id    bigint NOT NULL,
    occurred_at    timestamptz NOT NULL,
    kind           text NOT NULL,
    role           text NOT NULL,
    rung           smallint NOT NULL,
    side           text NOT NULL,
    source         text NOT NULL,
    weight_hint    numeric(6, 3) NOT NULL,
    void_reason    text NOT NULL
) ON COMMIT DELETE ROWS;

-- ANSWER: what differs from the current touches. touch_id is the version to end, is_wanted whether a new one is due.
CREATE TEMPORARY TABLE match_changed (
    encounter_id   bigint NOT NULL,
    opportunity_id bigint NOT NULL,
    touch_id       bigint,
    is_wanted      boolean NOT NULL
) ON COMMIT DELETE ROWS;
