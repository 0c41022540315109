-- Temporary tables of one chunk: made once per session, empty after each commit.

-- Marks claimed from advocacy_attributiondirty.
CREATE TEMPORARY TABLE chunk_mark (
    id             bigint NOT NULL,
    opportunity_id bigint,
    encounter_id   bigint,
    account_id     bigint,
    cause          text NOT NULL,
    can_move_touches boolean NOT NULL
) ON COMMIT DELETE ROWS;

-- Deals whose encounters must be matched anew.
CREATE TEMPORARY TABLE chunk_road (opportunity_id bigint NOT NULL) ON COMMIT DELETE ROWS;

-- Deals to allocate.
CREATE TEMPORARY TABLE chunk_deal (
    opportunity_id bigint PRIMARY KEY,
    cause          text NOT NULL
) ON COMMIT DELETE ROWS;

-- Sets that differ from their heads, and the head each will move.
CREATE TEMPORARY TABLE chunk_set (
    set_id         bigint PRIMARY KEY,
    case_id        bigint NOT NULL,
    version_id     bigint NOT NULL,
    model_id       bigint NOT NULL,
    head_id        bigint,                      -- null: there is none yet
    public_id      uuid NOT NULL,               -- of the head, the new one's too
    former_set_id  bigint,
    generation     integer NOT NULL,
    cause          text NOT NULL
) ON COMMIT DELETE ROWS;
