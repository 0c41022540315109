-- Temporary tables of one chunk: made once per session, empty after each commit and at each call.

-- Marks claimed from advocacy_attributiondirty.
CREATE TEMPORARY TABLE IF NOT EXISTS chunk_mark (
    id             bigint NOT NULL,
    opportunity_id bigint,
    encounter_id   bigint,
    account_id     bigint,
    cause          text NOT NULL
) ON COMMIT DELETE ROWS;

-- Deals whose encounters must be matched anew.
CREATE TEMPORARY TABLE IF NOT EXISTS chunk_road (opportunity_id bigint NOT NULL) ON COMMIT DELETE ROWS;

-- Deals to allocate.
CREATE TEMPORARY TABLE IF NOT EXISTS chunk_deal (
    opportunity_id bigint PRIMARY KEY,
    cause          text NOT NULL
) ON COMMIT DELETE ROWS;

-- Sets that differ from their heads, and the head each will move.
CREATE TEMPORARY TABLE IF NOT EXISTS chunk_set (
    set_id         bigint PRIMARY KEY,
    case_id        bigint NOT NULL,
    version_id     bigint NOT NULL,
    model_id       bigint NOT NULL,
    head_id        bigint,                      -- null: there is none yet
    former_set_id  bigint,
    generation     integer NOT NULL,
    cause          text NOT NULL
) ON COMMIT DELETE ROWS;

DELETE FROM chunk_mark;
DELETE FROM chunk_road;
DELETE FROM chunk_deal;
DELETE FROM chunk_set;
