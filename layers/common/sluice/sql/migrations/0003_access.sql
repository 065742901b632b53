-- Who may ask and how much: keys, paces, holds, spending; and what readers thought of the answers.

create table api_key (
    id text primary key,
    tenant text not null,
    owner text not null,
    name text not null,
    -- HMAC-SHA-256 of the whole key: the key itself is shown once and kept nowhere.
    digest bytea not null,
    scopes text[] not null,
    -- What this key may use, beside what its owner may: see sluice_admit. Empty: nothing but the owner's limits.
    allowance jsonb not null default '{}',
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

create index api_key_by_owner on api_key (tenant, owner);

-- Unlogged: a crash of the database forgets them, and everybody begins with a full burst and nothing held.
-- `due` is the theoretical arrival time of GCRA. The row is also the lock under which a subject's limits are weighed.
create unlogged table request_pace (
    subject text primary key,
    due timestamptz not null default '-infinity'
);

-- An answer being written, once for each subject that pays for it, with what is kept back for it.
create unlogged table hold (
    id uuid not null,
    subject text not null,
    tokens bigint not null,
    dollars float8 not null,
    expires_at timestamptz not null,
    primary key (id, subject)
);

create index hold_by_subject on hold (subject, expires_at);

create table spending (
    subject text not null,
    day date not null,
    answers bigint not null default 0,
    prompt_tokens bigint not null default 0,
    completion_tokens bigint not null default 0,
    dollars float8 not null default 0,
    primary key (subject, day)
);

-- What a subject has used up: settled in this day and month (UTC), and held by answers that are not over.
create function sluice_used(of_subject text, moment timestamptz)
returns table (
    day_tokens bigint, month_tokens bigint, day_dollars float8, month_dollars float8, held_tokens bigint,
    held_dollars float8, streams bigint, day_prompt_tokens bigint, month_prompt_tokens bigint, day_answers bigint,
    month_answers bigint
)
language sql stable as $$
    select
        coalesce(sum(prompt_tokens + completion_tokens) filter (where is_today), 0)::bigint,
        coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint,
        coalesce(sum(spent.dollars) filter (where is_today), 0),
        coalesce(sum(spent.dollars), 0),
        max(held.tokens),
        max(held.dollars),
        max(held.streams),
        coalesce(sum(prompt_tokens) filter (where is_today), 0)::bigint,
        coalesce(sum(prompt_tokens), 0)::bigint,
        coalesce(sum(answers) filter (where is_today), 0)::bigint,
        coalesce(sum(answers), 0)::bigint
    from (
        select coalesce(sum(tokens), 0)::bigint as tokens, coalesce(sum(dollars), 0) as dollars, count(*) as streams
        from hold
        where subject = of_subject and expires_at > moment
    ) as held
    left join lateral (
        select *, day = (moment at time zone 'utc')::date as is_today
        from spending
        where subject = of_subject and day between date_trunc('month', moment at time zone 'utc')::date
            and (moment at time zone 'utc')::date
    ) as spent on true
$$;

-- Weighs a request against the limits of all its subjects and charges all of them, or none.
--
-- `limits` maps each subject to its limits, all optional: requests_per_minute, burst, streams, tokens_per_day,
-- tokens_per_month, dollars_per_day, dollars_per_month. Where `hold_id` is null only the pace is weighed. Otherwise
-- `tokens` and `dollars` are kept back for the answer until it is settled or `hold_seconds` have passed; where less is
-- left, less is. Returns what was kept back, or which limit of whom refused and after how many seconds to come back.
--
-- The pace is the generic cell rate algorithm: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
create function sluice_admit(
    limits jsonb, hold_id uuid, asked_tokens bigint, asked_dollars float8, hold_seconds float8
)
returns table (refused_by text, refused_subject text, retry_after float8, held_tokens bigint, held_dollars float8)
language plpgsql as $$
declare
    subjects text[] := array(select jsonb_object_keys(limits) order by 1);
    this text;
    rule jsonb;
    pace record;
    used record;
    moment timestamptz;
    utc timestamp;
    interval_seconds float8;
    burst float8;
    wait float8;
    end_of_day float8;
    end_of_month float8;
    room_tokens float8 := 'infinity';
    room_dollars float8 := 'infinity';
begin
    insert into request_pace (subject) select unnest(subjects) on conflict do nothing;
    perform from request_pace where subject = any (subjects) order by subject for update;
    -- Taken under the locks: whoever waited must not weigh with the time at which it came.
    moment := clock_timestamp();
    utc := moment at time zone 'utc';
    end_of_day := extract(epoch from date_trunc('day', utc) + interval '1 day' - utc);
    end_of_month := extract(epoch from date_trunc('month', utc) + interval '1 month' - utc);

    foreach this in array subjects loop
        rule := limits -> this;
        if rule ? 'requests_per_minute' then
            interval_seconds := 60 / (rule ->> 'requests_per_minute')::float8;
            burst := coalesce((rule ->> 'burst')::float8, 1);
            select due into pace from request_pace where subject = this;
            wait := extract(epoch from greatest(pace.due, moment) - moment) - (burst - 1) * interval_seconds;
            if wait > 0.000001 then
                return query select 'requests', this, wait, 0::bigint, 0::float8;
                return;
            end if;
        end if;
        continue when hold_id is null;
        select * into used from sluice_used(this, moment);
        if used.streams >= (rule ->> 'streams')::bigint then
            return query select 'streams', this, 1::float8, 0::bigint, 0::float8;
            return;
        end if;
        for refused_by, wait, retry_after in
            select kind, (rule ->> kind)::float8 - amount, seconds
            from (values
                ('tokens_per_day', (used.day_tokens + used.held_tokens)::float8, end_of_day),
                ('tokens_per_month', (used.month_tokens + used.held_tokens)::float8, end_of_month),
                ('dollars_per_day', used.day_dollars + used.held_dollars, end_of_day),
                ('dollars_per_month', used.month_dollars + used.held_dollars, end_of_month)
            ) as budget (kind, amount, seconds)
            where rule ? kind
        loop
            if wait <= 0 then
                -- What is only held may come back soon.
                if refused_by like 'tokens%' and wait + used.held_tokens > 0
                    or refused_by like 'dollars%' and wait + used.held_dollars > 0 then
                    retry_after := 5;
                end if;
                return query select refused_by, this, retry_after, 0::bigint, 0::float8;
                return;
            end if;
            if refused_by like 'tokens%' then
                room_tokens := least(room_tokens, wait);
            else
                room_dollars := least(room_dollars, wait);
            end if;
        end loop;
    end loop;

    update request_pace
    set due = greatest(due, moment) + make_interval(secs => 60 / (limits -> subject ->> 'requests_per_minute')::float8)
    where subject = any (subjects) and limits -> subject ? 'requests_per_minute';
    held_tokens := least(asked_tokens, room_tokens)::bigint;
    held_dollars := least(asked_dollars, room_dollars);
    if hold_id is not null then
        insert into hold (id, subject, tokens, dollars, expires_at)
        select hold_id, unnest(subjects), held_tokens, held_dollars, moment + make_interval(secs => hold_seconds);
    end if;
    return query select null::text, null::text, 0::float8, held_tokens, held_dollars;
end $$;

-- Keeps back more for an answer that is longer than was thought, as far as its subjects' budgets have room.
create function sluice_extend(limits jsonb, hold_id uuid, more_tokens bigint, more_dollars float8)
returns table (held_tokens bigint, held_dollars float8)
language plpgsql as $$
declare
    subjects text[] := array(select jsonb_object_keys(limits) order by 1);
    moment timestamptz;
    room_tokens float8;
    room_dollars float8;
begin
    perform from request_pace where subject = any (subjects) order by subject for update;
    moment := clock_timestamp();
    select
        min(least(
            (limits -> subject ->> 'tokens_per_day')::float8 - day_tokens - used.held_tokens,
            (limits -> subject ->> 'tokens_per_month')::float8 - month_tokens - used.held_tokens
        )),
        min(least(
            (limits -> subject ->> 'dollars_per_day')::float8 - day_dollars - used.held_dollars,
            (limits -> subject ->> 'dollars_per_month')::float8 - month_dollars - used.held_dollars
        ))
    into room_tokens, room_dollars
    from unnest(subjects) as asked (subject), sluice_used(subject, moment) as used;
    return query
    with extended as (
        update hold
        set tokens = tokens + greatest(0, least(more_tokens, room_tokens))::bigint,
            dollars = dollars + greatest(0, least(more_dollars, room_dollars))
        where id = hold_id
        returning tokens, dollars
    )
    select max(tokens), max(dollars) from extended;
end $$;

-- What readers thought of an answer, with a copy of everything that it was made of, so that it can be judged again.
create table feedback (
    message_id uuid not null references message on delete cascade,
    tenant text not null,
    owner text not null,
    rating smallint not null check (rating in (-1, 1)),
    comment text,
    question text not null,
    answer text not null,
    model text,
    passages jsonb not null,
    created_at timestamptz not null default now(),
    primary key (message_id, owner)
);

create index feedback_by_age on feedback (tenant, created_at);
