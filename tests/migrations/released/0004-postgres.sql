SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
CREATE FUNCTION public.audit_event_keep() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'audit events are kept'; END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    email character varying(254) NOT NULL,
    email_key character varying(254) NOT NULL,
    email_verified_at timestamp with time zone,
    password_hash character varying(200) NOT NULL,
    role character varying(40) NOT NULL,
    name character varying(240) NOT NULL,
    resource_id integer,
    is_active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_account_role CHECK (((role)::text = ANY ((ARRAY['patient'::character varying, 'scheduler'::character varying, 'specialist'::character varying, 'nurse'::character varying, 'administrator'::character varying])::text[])))
);
CREATE SEQUENCE public.account_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.account_id_seq OWNED BY public.account.id;
CREATE TABLE public.account_location (
    id integer NOT NULL,
    account_id integer NOT NULL,
    location_id integer NOT NULL
);
CREATE SEQUENCE public.account_location_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.account_location_id_seq OWNED BY public.account_location.id;
CREATE TABLE public.account_patient (
    id integer NOT NULL,
    account_id integer NOT NULL,
    patient_id integer NOT NULL,
    ends_at timestamp with time zone
);
CREATE SEQUENCE public.account_patient_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.account_patient_id_seq OWNED BY public.account_patient.id;
CREATE TABLE public.account_preference (
    account_id integer NOT NULL,
    row_key character varying(32) NOT NULL,
    wishes_sealed text NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.answer (
    id integer NOT NULL,
    row_key character varying(32) NOT NULL,
    response_id integer NOT NULL,
    link_id character varying(80) NOT NULL,
    value_sealed text NOT NULL,
    version integer NOT NULL,
    saved_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.answer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.answer_id_seq OWNED BY public.answer.id;
CREATE TABLE public.appointment (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    reference character varying(12) NOT NULL,
    patient_id integer NOT NULL,
    service_id integer NOT NULL,
    location_id integer NOT NULL,
    specialist_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    status character varying(40) NOT NULL,
    version integer NOT NULL,
    sequence integer NOT NULL,
    reason_sealed text,
    needs_sealed text,
    booked_by_account_id integer,
    booked_for_other boolean NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    cancel_reason_code character varying(40),
    cancel_note_sealed text,
    video_url_sealed text,
    CONSTRAINT ck_appointment_order CHECK ((starts_at < ends_at)),
    CONSTRAINT ck_appointment_status CHECK (((status)::text = ANY ((ARRAY['booked'::character varying, 'arrived'::character varying, 'in_room'::character varying, 'in_treatment'::character varying, 'in_recovery'::character varying, 'done'::character varying, 'cancelled'::character varying, 'no_show'::character varying, 'entered_in_error'::character varying])::text[])))
);
CREATE SEQUENCE public.appointment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.appointment_id_seq OWNED BY public.appointment.id;
CREATE TABLE public.appointment_time (
    id integer NOT NULL,
    appointment_id integer NOT NULL,
    version integer NOT NULL,
    service_id integer NOT NULL,
    location_id integer NOT NULL,
    specialist_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    replaced_at timestamp with time zone NOT NULL,
    replaced_by_account_id integer,
    actor_kind character varying(80) NOT NULL,
    reason_code character varying(40),
    CONSTRAINT ck_appointment_time_order CHECK ((starts_at < ends_at))
);
CREATE SEQUENCE public.appointment_time_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.appointment_time_id_seq OWNED BY public.appointment_time.id;
CREATE TABLE public.audit_event (
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_account_id integer,
    actor_kind character varying(80) NOT NULL,
    action character varying(80) NOT NULL,
    object_kind character varying(80) NOT NULL,
    object_id integer,
    reason_code character varying(40)
);
CREATE SEQUENCE public.audit_event_seq_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_event_seq_seq OWNED BY public.audit_event.seq;
CREATE TABLE public.block (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    resource_id integer NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    label character varying(200) NOT NULL,
    kind character varying(40) NOT NULL,
    series_key character varying(32),
    created_at timestamp with time zone,
    created_by_account_id integer,
    CONSTRAINT ck_block_kind CHECK (((kind)::text = ANY ((ARRAY['leave'::character varying, 'meeting'::character varying, 'repair'::character varying, 'other'::character varying])::text[]))),
    CONSTRAINT ck_block_order CHECK ((starts_at < ends_at))
);
CREATE SEQUENCE public.block_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.block_id_seq OWNED BY public.block.id;
CREATE TABLE public.clinic (
    id integer NOT NULL,
    revision integer NOT NULL,
    name character varying(200) NOT NULL,
    sender_name character varying(200) NOT NULL,
    phone character varying(40) NOT NULL,
    email character varying(254) NOT NULL,
    emergency_number character varying(40) NOT NULL,
    crisis_line character varying(200) NOT NULL,
    CONSTRAINT ck_clinic_single_row CHECK ((id = 1))
);
CREATE SEQUENCE public.clinic_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.clinic_id_seq OWNED BY public.clinic.id;
CREATE TABLE public.closure (
    id integer NOT NULL,
    location_id integer,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    name character varying(200) NOT NULL,
    CONSTRAINT ck_closure_order CHECK ((starts_on <= ends_on))
);
CREATE SEQUENCE public.closure_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.closure_id_seq OWNED BY public.closure.id;
CREATE TABLE public.field_key_check (
    key_id character varying(40) NOT NULL,
    check_value text NOT NULL
);
CREATE TABLE public.freed_time (
    id integer NOT NULL,
    location_id integer,
    resource_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    cause character varying(80) NOT NULL,
    hold_owner character varying(64),
    available_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_freed_time_order CHECK ((starts_at < ends_at))
);
CREATE SEQUENCE public.freed_time_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.freed_time_id_seq OWNED BY public.freed_time.id;
CREATE TABLE public.heartbeat (
    name character varying(80) NOT NULL,
    beat_at timestamp with time zone NOT NULL
);
CREATE TABLE public.hold (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    owner character varying(64) NOT NULL,
    service_id integer NOT NULL,
    location_id integer NOT NULL,
    specialist_id integer,
    wanted_specialist_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    extensions integer NOT NULL,
    purpose character varying(40) NOT NULL,
    appointment_id integer,
    CONSTRAINT ck_hold_extensions CHECK (((extensions >= 0) AND (extensions <= 2))),
    CONSTRAINT ck_hold_purpose CHECK (((purpose)::text = ANY ((ARRAY['booking'::character varying, 'undo'::character varying, 'offer'::character varying])::text[])))
);
CREATE SEQUENCE public.hold_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hold_id_seq OWNED BY public.hold.id;
CREATE TABLE public.hours_exception (
    id integer NOT NULL,
    resource_id integer NOT NULL,
    location_id integer NOT NULL,
    on_date date NOT NULL,
    starts_minute integer,
    ends_minute integer,
    CONSTRAINT ck_hours_exception_both_or_neither CHECK (((starts_minute IS NULL) = (ends_minute IS NULL))),
    CONSTRAINT ck_hours_exception_ends_minute CHECK (((ends_minute > starts_minute) AND (ends_minute <= 2880)))
);
CREATE SEQUENCE public.hours_exception_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.hours_exception_id_seq OWNED BY public.hours_exception.id;
CREATE TABLE public.idempotency (
    id integer NOT NULL,
    owner character varying(64) NOT NULL,
    nonce character varying(64) NOT NULL,
    body_hash character varying(64) NOT NULL,
    subject character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.idempotency_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.idempotency_id_seq OWNED BY public.idempotency.id;
CREATE TABLE public.link_token (
    id integer NOT NULL,
    token_hash character varying(64) NOT NULL,
    action character varying(40) NOT NULL,
    account_id integer,
    patient_id integer,
    appointment_id integer,
    email_key character varying(254),
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    offer_id integer,
    waiting_entry_id integer
);
CREATE SEQUENCE public.link_token_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.link_token_id_seq OWNED BY public.link_token.id;
CREATE TABLE public.location (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    code character varying(80) NOT NULL,
    name character varying(200) NOT NULL,
    street character varying(200) NOT NULL,
    city character varying(200) NOT NULL,
    phone character varying(40) NOT NULL,
    tz_name character varying(60) NOT NULL,
    directions text NOT NULL,
    is_step_free boolean NOT NULL
);
CREATE SEQUENCE public.location_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.location_id_seq OWNED BY public.location.id;
CREATE TABLE public.login_session (
    id integer NOT NULL,
    id_hash character varying(64) NOT NULL,
    account_id integer,
    data_sealed text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);
CREATE SEQUENCE public.login_session_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.login_session_id_seq OWNED BY public.login_session.id;
CREATE TABLE public.message (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    dedup_key character varying(200) NOT NULL,
    kind character varying(40) NOT NULL,
    channel character varying(20) NOT NULL,
    account_id integer,
    patient_id integer,
    appointment_id integer,
    appointment_version integer,
    due_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state character varying(40) NOT NULL,
    owner character varying(80),
    lease_until timestamp with time zone,
    attempts integer NOT NULL,
    data_sent_at timestamp with time zone,
    resends integer NOT NULL,
    message_id character varying(120) NOT NULL,
    settled_at timestamp with time zone,
    last_code character varying(60),
    created_at timestamp with time zone NOT NULL,
    offer_id integer,
    waiting_entry_id integer,
    CONSTRAINT ck_message_one_recipient CHECK (((account_id IS NULL) <> (patient_id IS NULL))),
    CONSTRAINT ck_message_state CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'sending'::character varying, 'data_sent'::character varying, 'sent'::character varying, 'failed'::character varying, 'cancelled'::character varying, 'expired'::character varying])::text[])))
);
CREATE SEQUENCE public.message_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.message_id_seq OWNED BY public.message.id;
CREATE TABLE public.patient (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    given_name character varying(120) NOT NULL,
    family_name character varying(120) NOT NULL,
    name_key character varying(260) NOT NULL,
    born_on date NOT NULL,
    phone character varying(40),
    phone_key character varying(40),
    email character varying(254),
    email_verified_at timestamp with time zone,
    language character varying(20) NOT NULL,
    contact_note_sealed text,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.patient_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.patient_id_seq OWNED BY public.patient.id;
CREATE TABLE public.questionnaire_response (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    appointment_id integer NOT NULL,
    patient_id integer NOT NULL,
    questionnaire character varying(80) NOT NULL,
    form_version character varying(20) NOT NULL,
    status character varying(40) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    score_sealed text,
    CONSTRAINT ck_questionnaire_response_status CHECK (((status)::text = ANY ((ARRAY['in-progress'::character varying, 'completed'::character varying])::text[])))
);
CREATE SEQUENCE public.questionnaire_response_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.questionnaire_response_id_seq OWNED BY public.questionnaire_response.id;
CREATE TABLE public.reservation (
    id integer NOT NULL,
    resource_id integer,
    lane integer,
    patient_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    appointment_id integer,
    hold_id integer,
    block_id integer,
    CONSTRAINT ck_reservation_lane_of_resource CHECK (((resource_id IS NULL) = (lane IS NULL))),
    CONSTRAINT ck_reservation_one_owner CHECK ((((
CASE
    WHEN (appointment_id IS NULL) THEN 0
    ELSE 1
END +
CASE
    WHEN (hold_id IS NULL) THEN 0
    ELSE 1
END) +
CASE
    WHEN (block_id IS NULL) THEN 0
    ELSE 1
END) = 1)),
    CONSTRAINT ck_reservation_one_subject CHECK (((resource_id IS NULL) <> (patient_id IS NULL))),
    CONSTRAINT ck_reservation_order CHECK ((starts_at < ends_at))
);
CREATE SEQUENCE public.reservation_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.reservation_id_seq OWNED BY public.reservation.id;
CREATE TABLE public.resource (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    code character varying(80) NOT NULL,
    kind character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    title character varying(200) NOT NULL,
    about text NOT NULL,
    lanes integer NOT NULL,
    languages json NOT NULL,
    pools json NOT NULL,
    video_url character varying(500) NOT NULL,
    is_active boolean NOT NULL,
    CONSTRAINT ck_resource_kind CHECK (((kind)::text = ANY ((ARRAY['specialist'::character varying, 'nurse'::character varying, 'room'::character varying, 'chair'::character varying, 'device'::character varying])::text[]))),
    CONSTRAINT ck_resource_lanes CHECK (((lanes >= 1) AND (lanes <= 100)))
);
CREATE SEQUENCE public.resource_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.resource_id_seq OWNED BY public.resource.id;
CREATE TABLE public.segment_need (
    id integer NOT NULL,
    segment_id integer NOT NULL,
    pool character varying(80),
    lanes integer NOT NULL,
    CONSTRAINT ck_segment_need_lanes CHECK ((lanes > 0))
);
CREATE SEQUENCE public.segment_need_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.segment_need_id_seq OWNED BY public.segment_need.id;
CREATE TABLE public.service (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    code character varying(80) NOT NULL,
    name character varying(200) NOT NULL,
    summary text NOT NULL,
    mode character varying(40) NOT NULL,
    audience character varying(40) NOT NULL,
    grid_minutes integer NOT NULL,
    buffer_before_minutes integer NOT NULL,
    buffer_after_minutes integer NOT NULL,
    book_notice_minutes integer NOT NULL,
    change_notice_minutes integer NOT NULL,
    cancel_notice_minutes integer NOT NULL,
    horizon_days integer NOT NULL,
    visit_limit_count integer,
    visit_limit_days integer,
    min_gap_days integer NOT NULL,
    contact_to_book boolean NOT NULL,
    languages json NOT NULL,
    specialist_ids json,
    location_ids json,
    questionnaires json NOT NULL,
    preparation json NOT NULL,
    "position" integer NOT NULL,
    is_active boolean NOT NULL,
    CONSTRAINT ck_service_audience CHECK (((audience)::text = ANY ((ARRAY['anyone'::character varying, 'verified'::character varying, 'staff'::character varying, 'course'::character varying])::text[]))),
    CONSTRAINT ck_service_buffers CHECK (((buffer_before_minutes >= 0) AND (buffer_after_minutes >= 0))),
    CONSTRAINT ck_service_grid CHECK (((grid_minutes >= 1) AND (grid_minutes <= 1440))),
    CONSTRAINT ck_service_mode CHECK (((mode)::text = ANY ((ARRAY['in_person'::character varying, 'video'::character varying, 'phone'::character varying])::text[]))),
    CONSTRAINT ck_service_visit_limit CHECK (((visit_limit_count IS NULL) = (visit_limit_days IS NULL)))
);
CREATE SEQUENCE public.service_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.service_id_seq OWNED BY public.service.id;
CREATE TABLE public.service_segment (
    id integer NOT NULL,
    service_id integer NOT NULL,
    "position" integer NOT NULL,
    name character varying(200) NOT NULL,
    offset_minutes integer NOT NULL,
    minutes integer NOT NULL,
    with_patient boolean NOT NULL,
    CONSTRAINT ck_service_segment_length CHECK (((offset_minutes >= 0) AND (minutes > 0)))
);
CREATE SEQUENCE public.service_segment_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.service_segment_id_seq OWNED BY public.service_segment.id;
CREATE TABLE public.task (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    dedup_key character varying(200) NOT NULL,
    kind character varying(80) NOT NULL,
    reason_code character varying(60),
    role character varying(40) NOT NULL,
    patient_id integer,
    appointment_id integer,
    note_sealed text,
    state character varying(40) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    outcome_code character varying(40),
    CONSTRAINT ck_task_role CHECK (((role)::text = ANY ((ARRAY['patient'::character varying, 'scheduler'::character varying, 'specialist'::character varying, 'nurse'::character varying, 'administrator'::character varying])::text[]))),
    CONSTRAINT ck_task_state CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'done'::character varying])::text[])))
);
CREATE SEQUENCE public.task_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.task_id_seq OWNED BY public.task.id;
CREATE TABLE public.token_bucket (
    key character varying(64) NOT NULL,
    tokens double precision NOT NULL,
    updated_at double precision NOT NULL
);
CREATE TABLE public.waiting_entry (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    live_key character varying(60),
    patient_id integer NOT NULL,
    service_id integer NOT NULL,
    appointment_id integer,
    location_ids json,
    specialist_ids json,
    weekdays json NOT NULL,
    day_parts json NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    notice_minutes integer NOT NULL,
    priority integer NOT NULL,
    state character varying(40) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by_account_id integer,
    ended_at timestamp with time zone,
    CONSTRAINT ck_waiting_entry_order CHECK ((first_on <= last_on)),
    CONSTRAINT ck_waiting_entry_state CHECK (((state)::text = ANY ((ARRAY['waiting'::character varying, 'placed'::character varying, 'left'::character varying, 'expired'::character varying])::text[])))
);
CREATE SEQUENCE public.waiting_entry_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.waiting_entry_id_seq OWNED BY public.waiting_entry.id;
CREATE TABLE public.waiting_offer (
    id integer NOT NULL,
    public_id character varying(32) NOT NULL,
    entry_id integer NOT NULL,
    service_id integer NOT NULL,
    location_id integer NOT NULL,
    specialist_id integer,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    state character varying(40) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    why json NOT NULL,
    CONSTRAINT ck_waiting_offer_order CHECK ((starts_at < ends_at)),
    CONSTRAINT ck_waiting_offer_state CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'accepted'::character varying, 'declined'::character varying, 'expired'::character varying, 'withdrawn'::character varying])::text[])))
);
CREATE SEQUENCE public.waiting_offer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.waiting_offer_id_seq OWNED BY public.waiting_offer.id;
CREATE TABLE public.weekly_hours (
    id integer NOT NULL,
    resource_id integer NOT NULL,
    location_id integer NOT NULL,
    weekday integer NOT NULL,
    starts_minute integer NOT NULL,
    ends_minute integer NOT NULL,
    valid_from date,
    valid_to date,
    CONSTRAINT ck_weekly_hours_ends_minute CHECK (((ends_minute > starts_minute) AND (ends_minute <= 2880))),
    CONSTRAINT ck_weekly_hours_starts_minute CHECK (((starts_minute >= 0) AND (starts_minute < 1440))),
    CONSTRAINT ck_weekly_hours_weekday CHECK (((weekday >= 0) AND (weekday <= 6)))
);
CREATE SEQUENCE public.weekly_hours_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.weekly_hours_id_seq OWNED BY public.weekly_hours.id;
ALTER TABLE ONLY public.account ALTER COLUMN id SET DEFAULT nextval('public.account_id_seq'::regclass);
ALTER TABLE ONLY public.account_location ALTER COLUMN id SET DEFAULT nextval('public.account_location_id_seq'::regclass);
ALTER TABLE ONLY public.account_patient ALTER COLUMN id SET DEFAULT nextval('public.account_patient_id_seq'::regclass);
ALTER TABLE ONLY public.answer ALTER COLUMN id SET DEFAULT nextval('public.answer_id_seq'::regclass);
ALTER TABLE ONLY public.appointment ALTER COLUMN id SET DEFAULT nextval('public.appointment_id_seq'::regclass);
ALTER TABLE ONLY public.appointment_time ALTER COLUMN id SET DEFAULT nextval('public.appointment_time_id_seq'::regclass);
ALTER TABLE ONLY public.audit_event ALTER COLUMN seq SET DEFAULT nextval('public.audit_event_seq_seq'::regclass);
ALTER TABLE ONLY public.block ALTER COLUMN id SET DEFAULT nextval('public.block_id_seq'::regclass);
ALTER TABLE ONLY public.clinic ALTER COLUMN id SET DEFAULT nextval('public.clinic_id_seq'::regclass);
ALTER TABLE ONLY public.closure ALTER COLUMN id SET DEFAULT nextval('public.closure_id_seq'::regclass);
ALTER TABLE ONLY public.freed_time ALTER COLUMN id SET DEFAULT nextval('public.freed_time_id_seq'::regclass);
ALTER TABLE ONLY public.hold ALTER COLUMN id SET DEFAULT nextval('public.hold_id_seq'::regclass);
ALTER TABLE ONLY public.hours_exception ALTER COLUMN id SET DEFAULT nextval('public.hours_exception_id_seq'::regclass);
ALTER TABLE ONLY public.idempotency ALTER COLUMN id SET DEFAULT nextval('public.idempotency_id_seq'::regclass);
ALTER TABLE ONLY public.link_token ALTER COLUMN id SET DEFAULT nextval('public.link_token_id_seq'::regclass);
ALTER TABLE ONLY public.location ALTER COLUMN id SET DEFAULT nextval('public.location_id_seq'::regclass);
ALTER TABLE ONLY public.login_session ALTER COLUMN id SET DEFAULT nextval('public.login_session_id_seq'::regclass);
ALTER TABLE ONLY public.message ALTER COLUMN id SET DEFAULT nextval('public.message_id_seq'::regclass);
ALTER TABLE ONLY public.patient ALTER COLUMN id SET DEFAULT nextval('public.patient_id_seq'::regclass);
ALTER TABLE ONLY public.questionnaire_response ALTER COLUMN id SET DEFAULT nextval('public.questionnaire_response_id_seq'::regclass);
ALTER TABLE ONLY public.reservation ALTER COLUMN id SET DEFAULT nextval('public.reservation_id_seq'::regclass);
ALTER TABLE ONLY public.resource ALTER COLUMN id SET DEFAULT nextval('public.resource_id_seq'::regclass);
ALTER TABLE ONLY public.segment_need ALTER COLUMN id SET DEFAULT nextval('public.segment_need_id_seq'::regclass);
ALTER TABLE ONLY public.service ALTER COLUMN id SET DEFAULT nextval('public.service_id_seq'::regclass);
ALTER TABLE ONLY public.service_segment ALTER COLUMN id SET DEFAULT nextval('public.service_segment_id_seq'::regclass);
ALTER TABLE ONLY public.task ALTER COLUMN id SET DEFAULT nextval('public.task_id_seq'::regclass);
ALTER TABLE ONLY public.waiting_entry ALTER COLUMN id SET DEFAULT nextval('public.waiting_entry_id_seq'::regclass);
ALTER TABLE ONLY public.waiting_offer ALTER COLUMN id SET DEFAULT nextval('public.waiting_offer_id_seq'::regclass);
ALTER TABLE ONLY public.weekly_hours ALTER COLUMN id SET DEFAULT nextval('public.weekly_hours_id_seq'::regclass);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT pk_account PRIMARY KEY (id);
ALTER TABLE ONLY public.account_location
    ADD CONSTRAINT pk_account_location PRIMARY KEY (id);
ALTER TABLE ONLY public.account_patient
    ADD CONSTRAINT pk_account_patient PRIMARY KEY (id);
ALTER TABLE ONLY public.account_preference
    ADD CONSTRAINT pk_account_preference PRIMARY KEY (account_id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT pk_answer PRIMARY KEY (id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT pk_appointment PRIMARY KEY (id);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT pk_appointment_time PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT pk_audit_event PRIMARY KEY (seq);
ALTER TABLE ONLY public.block
    ADD CONSTRAINT pk_block PRIMARY KEY (id);
ALTER TABLE ONLY public.clinic
    ADD CONSTRAINT pk_clinic PRIMARY KEY (id);
ALTER TABLE ONLY public.closure
    ADD CONSTRAINT pk_closure PRIMARY KEY (id);
ALTER TABLE ONLY public.field_key_check
    ADD CONSTRAINT pk_field_key_check PRIMARY KEY (key_id);
ALTER TABLE ONLY public.freed_time
    ADD CONSTRAINT pk_freed_time PRIMARY KEY (id);
ALTER TABLE ONLY public.heartbeat
    ADD CONSTRAINT pk_heartbeat PRIMARY KEY (name);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT pk_hold PRIMARY KEY (id);
ALTER TABLE ONLY public.hours_exception
    ADD CONSTRAINT pk_hours_exception PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT pk_idempotency PRIMARY KEY (id);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT pk_link_token PRIMARY KEY (id);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT pk_location PRIMARY KEY (id);
ALTER TABLE ONLY public.login_session
    ADD CONSTRAINT pk_login_session PRIMARY KEY (id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT pk_message PRIMARY KEY (id);
ALTER TABLE ONLY public.patient
    ADD CONSTRAINT pk_patient PRIMARY KEY (id);
ALTER TABLE ONLY public.questionnaire_response
    ADD CONSTRAINT pk_questionnaire_response PRIMARY KEY (id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT pk_reservation PRIMARY KEY (id);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT pk_resource PRIMARY KEY (id);
ALTER TABLE ONLY public.segment_need
    ADD CONSTRAINT pk_segment_need PRIMARY KEY (id);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT pk_service PRIMARY KEY (id);
ALTER TABLE ONLY public.service_segment
    ADD CONSTRAINT pk_service_segment PRIMARY KEY (id);
ALTER TABLE ONLY public.task
    ADD CONSTRAINT pk_task PRIMARY KEY (id);
ALTER TABLE ONLY public.token_bucket
    ADD CONSTRAINT pk_token_bucket PRIMARY KEY (key);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT pk_waiting_entry PRIMARY KEY (id);
ALTER TABLE ONLY public.waiting_offer
    ADD CONSTRAINT pk_waiting_offer PRIMARY KEY (id);
ALTER TABLE ONLY public.weekly_hours
    ADD CONSTRAINT pk_weekly_hours PRIMARY KEY (id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT reservation_lane_free EXCLUDE USING gist (int8range((resource_id)::bigint, (resource_id)::bigint, '[]'::text) WITH &&, int4range(lane, lane, '[]'::text) WITH &&, tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE ((resource_id IS NOT NULL));
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT reservation_patient_free EXCLUDE USING gist (int8range((patient_id)::bigint, (patient_id)::bigint, '[]'::text) WITH &&, tstzrange(starts_at, ends_at, '[)'::text) WITH &&) WHERE ((patient_id IS NOT NULL));
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_email_key UNIQUE (email_key);
ALTER TABLE ONLY public.account_location
    ADD CONSTRAINT uq_account_location_account_id_location_id UNIQUE (account_id, location_id);
ALTER TABLE ONLY public.account_patient
    ADD CONSTRAINT uq_account_patient_account_id_patient_id UNIQUE (account_id, patient_id);
ALTER TABLE ONLY public.account_preference
    ADD CONSTRAINT uq_account_preference_row_key UNIQUE (row_key);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT uq_account_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT uq_answer_response_id_link_id UNIQUE (response_id, link_id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT uq_answer_row_key UNIQUE (row_key);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT uq_appointment_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT uq_appointment_reference UNIQUE (reference);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT uq_appointment_time_appointment_id_version UNIQUE (appointment_id, version);
ALTER TABLE ONLY public.block
    ADD CONSTRAINT uq_block_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT uq_hold_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT uq_idempotency_owner_nonce UNIQUE (owner, nonce);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT uq_link_token_token_hash UNIQUE (token_hash);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT uq_location_code UNIQUE (code);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT uq_location_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.login_session
    ADD CONSTRAINT uq_login_session_id_hash UNIQUE (id_hash);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_dedup_key UNIQUE (dedup_key);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_message_id UNIQUE (message_id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT uq_message_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.patient
    ADD CONSTRAINT uq_patient_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.questionnaire_response
    ADD CONSTRAINT uq_questionnaire_response_appointment_id_questionnaire UNIQUE (appointment_id, questionnaire);
ALTER TABLE ONLY public.questionnaire_response
    ADD CONSTRAINT uq_questionnaire_response_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT uq_resource_code UNIQUE (code);
ALTER TABLE ONLY public.resource
    ADD CONSTRAINT uq_resource_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT uq_service_code UNIQUE (code);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT uq_service_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.service_segment
    ADD CONSTRAINT uq_service_segment_service_id_position UNIQUE (service_id, "position");
ALTER TABLE ONLY public.task
    ADD CONSTRAINT uq_task_dedup_key UNIQUE (dedup_key);
ALTER TABLE ONLY public.task
    ADD CONSTRAINT uq_task_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT uq_waiting_entry_live_key UNIQUE (live_key);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT uq_waiting_entry_public_id UNIQUE (public_id);
ALTER TABLE ONLY public.waiting_offer
    ADD CONSTRAINT uq_waiting_offer_public_id UNIQUE (public_id);
CREATE INDEX ix_account_patient_patient_id ON public.account_patient USING btree (patient_id);
CREATE INDEX ix_appointment_location_id_starts_at ON public.appointment USING btree (location_id, starts_at);
CREATE INDEX ix_appointment_patient_id_starts_at ON public.appointment USING btree (patient_id, starts_at);
CREATE INDEX ix_audit_event_object_kind_object_id ON public.audit_event USING btree (object_kind, object_id);
CREATE INDEX ix_block_resource_id ON public.block USING btree (resource_id);
CREATE INDEX ix_block_series_key ON public.block USING btree (series_key);
CREATE INDEX ix_freed_time_settled_at_available_at ON public.freed_time USING btree (settled_at, available_at);
CREATE INDEX ix_hold_expires_at ON public.hold USING btree (expires_at);
CREATE INDEX ix_hold_owner ON public.hold USING btree (owner);
CREATE INDEX ix_hours_exception_resource_id ON public.hours_exception USING btree (resource_id);
CREATE INDEX ix_idempotency_created_at ON public.idempotency USING btree (created_at);
CREATE INDEX ix_link_token_expires_at ON public.link_token USING btree (expires_at);
CREATE INDEX ix_link_token_waiting_entry_id ON public.link_token USING btree (waiting_entry_id);
CREATE INDEX ix_login_session_account_id ON public.login_session USING btree (account_id);
CREATE INDEX ix_login_session_expires_at ON public.login_session USING btree (expires_at);
CREATE INDEX ix_message_appointment_id ON public.message USING btree (appointment_id);
CREATE INDEX ix_message_offer_id ON public.message USING btree (offer_id);
CREATE INDEX ix_message_state_due_at ON public.message USING btree (state, due_at);
CREATE INDEX ix_patient_born_on ON public.patient USING btree (born_on);
CREATE INDEX ix_patient_email ON public.patient USING btree (email);
CREATE INDEX ix_patient_name_key ON public.patient USING btree (name_key);
CREATE INDEX ix_patient_phone_key ON public.patient USING btree (phone_key);
CREATE INDEX ix_questionnaire_response_patient_id ON public.questionnaire_response USING btree (patient_id);
CREATE INDEX ix_reservation_appointment_id ON public.reservation USING btree (appointment_id);
CREATE INDEX ix_reservation_block_id ON public.reservation USING btree (block_id);
CREATE INDEX ix_reservation_hold_id ON public.reservation USING btree (hold_id);
CREATE INDEX ix_reservation_patient_id_ends_at ON public.reservation USING btree (patient_id, ends_at);
CREATE INDEX ix_reservation_resource_id_ends_at ON public.reservation USING btree (resource_id, ends_at, starts_at, lane, hold_id);
CREATE INDEX ix_reservation_resource_id_lane_ends_at ON public.reservation USING btree (resource_id, lane, ends_at);
CREATE INDEX ix_segment_need_segment_id ON public.segment_need USING btree (segment_id);
CREATE INDEX ix_service_segment_service_id ON public.service_segment USING btree (service_id);
CREATE INDEX ix_waiting_entry_appointment_id ON public.waiting_entry USING btree (appointment_id);
CREATE INDEX ix_waiting_entry_patient_id ON public.waiting_entry USING btree (patient_id);
CREATE INDEX ix_waiting_entry_state_service_id ON public.waiting_entry USING btree (state, service_id);
CREATE INDEX ix_waiting_offer_entry_id ON public.waiting_offer USING btree (entry_id);
CREATE INDEX ix_waiting_offer_state_expires_at ON public.waiting_offer USING btree (state, expires_at);
CREATE INDEX ix_weekly_hours_resource_id ON public.weekly_hours USING btree (resource_id);
CREATE TRIGGER audit_event_keep_rows BEFORE DELETE OR UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION public.audit_event_keep();
CREATE TRIGGER audit_event_keep_table BEFORE TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION public.audit_event_keep();
ALTER TABLE ONLY public.account_location
    ADD CONSTRAINT fk_account_location_account_id_account FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.account_location
    ADD CONSTRAINT fk_account_location_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.account_patient
    ADD CONSTRAINT fk_account_patient_account_id_account FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.account_patient
    ADD CONSTRAINT fk_account_patient_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.account_preference
    ADD CONSTRAINT fk_account_preference_account_id_account FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT fk_account_resource_id_resource FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT fk_answer_response_id_questionnaire_response FOREIGN KEY (response_id) REFERENCES public.questionnaire_response(id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT fk_appointment_booked_by_account_id_account FOREIGN KEY (booked_by_account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT fk_appointment_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT fk_appointment_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT fk_appointment_service_id_service FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.appointment
    ADD CONSTRAINT fk_appointment_specialist_id_resource FOREIGN KEY (specialist_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT fk_appointment_time_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT fk_appointment_time_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT fk_appointment_time_replaced_by_account_id_account FOREIGN KEY (replaced_by_account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT fk_appointment_time_service_id_service FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.appointment_time
    ADD CONSTRAINT fk_appointment_time_specialist_id_resource FOREIGN KEY (specialist_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.block
    ADD CONSTRAINT fk_block_created_by_account_id_account FOREIGN KEY (created_by_account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.block
    ADD CONSTRAINT fk_block_resource_id_resource FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.closure
    ADD CONSTRAINT fk_closure_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.freed_time
    ADD CONSTRAINT fk_freed_time_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.freed_time
    ADD CONSTRAINT fk_freed_time_resource_id_resource FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT fk_hold_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT fk_hold_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT fk_hold_service_id_service FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT fk_hold_specialist_id_resource FOREIGN KEY (specialist_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.hold
    ADD CONSTRAINT fk_hold_wanted_specialist_id_resource FOREIGN KEY (wanted_specialist_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.hours_exception
    ADD CONSTRAINT fk_hours_exception_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.hours_exception
    ADD CONSTRAINT fk_hours_exception_resource_id_resource FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT fk_link_token_account_id_account FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT fk_link_token_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT fk_link_token_offer_id_waiting_offer FOREIGN KEY (offer_id) REFERENCES public.waiting_offer(id);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT fk_link_token_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.link_token
    ADD CONSTRAINT fk_link_token_waiting_entry_id_waiting_entry FOREIGN KEY (waiting_entry_id) REFERENCES public.waiting_entry(id);
ALTER TABLE ONLY public.login_session
    ADD CONSTRAINT fk_login_session_account_id_account FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_account_id_account FOREIGN KEY (account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_offer_id_waiting_offer FOREIGN KEY (offer_id) REFERENCES public.waiting_offer(id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.message
    ADD CONSTRAINT fk_message_waiting_entry_id_waiting_entry FOREIGN KEY (waiting_entry_id) REFERENCES public.waiting_entry(id);
ALTER TABLE ONLY public.questionnaire_response
    ADD CONSTRAINT fk_questionnaire_response_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.questionnaire_response
    ADD CONSTRAINT fk_questionnaire_response_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT fk_reservation_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT fk_reservation_block_id_block FOREIGN KEY (block_id) REFERENCES public.block(id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT fk_reservation_hold_id_hold FOREIGN KEY (hold_id) REFERENCES public.hold(id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT fk_reservation_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.reservation
    ADD CONSTRAINT fk_reservation_resource_id_resource FOREIGN KEY (resource_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.segment_need
    ADD CONSTRAINT fk_segment_need_segment_id_service_segment FOREIGN KEY (segment_id) REFERENCES public.service_segment(id);
ALTER TABLE ONLY public.service_segment
    ADD CONSTRAINT fk_service_segment_service_id_service FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.task
    ADD CONSTRAINT fk_task_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.task
    ADD CONSTRAINT fk_task_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT fk_waiting_entry_appointment_id_appointment FOREIGN KEY (appointment_id) REFERENCES public.appointment(id);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT fk_waiting_entry_created_by_account_id_account FOREIGN KEY (created_by_account_id) REFERENCES public.account(id);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT fk_waiting_entry_patient_id_patient FOREIGN KEY (patient_id) REFERENCES public.patient(id);
ALTER TABLE ONLY public.waiting_entry
    ADD CONSTRAINT fk_waiting_entry_service_id_service FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.waiting_offer
    ADD CONSTRAINT fk_waiting_offer_entry_id_waiting_entry FOREIGN KEY (entry_id) REFERENCES public.waiting_entry(id);
ALTER TABLE ONLY public.waiting_offer
    ADD CONSTRAINT fk_waiting_offer_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.waiting_offer
    ADD CONSTRAINT fk_waiting_offer_service_id_service FOREIGN KEY (service_id) REFERENCES public.service(id);
ALTER TABLE ONLY public.waiting_offer
    ADD CONSTRAINT fk_waiting_offer_specialist_id_resource FOREIGN KEY (specialist_id) REFERENCES public.resource(id);
ALTER TABLE ONLY public.weekly_hours
    ADD CONSTRAINT fk_weekly_hours_location_id_location FOREIGN KEY (location_id) REFERENCES public.location(id);
ALTER TABLE ONLY public.weekly_hours
    ADD CONSTRAINT fk_weekly_hours_resource_id_resource FOREIGN KEY (resource_id) REFERENCES public.resource(id);
INSERT INTO public.alembic_version VALUES ('0004');
