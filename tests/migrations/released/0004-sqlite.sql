BEGIN TRANSACTION;
CREATE TABLE account (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	email_key VARCHAR(254) NOT NULL, 
	email_verified_at DATETIME, 
	password_hash VARCHAR(200) NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	name VARCHAR(240) NOT NULL, 
	resource_id INTEGER, 
	is_active BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_account PRIMARY KEY (id), 
	CONSTRAINT fk_account_resource_id_resource FOREIGN KEY(resource_id) REFERENCES resource (id), 
	CONSTRAINT uq_account_email_key UNIQUE (email_key), 
	CONSTRAINT uq_account_public_id UNIQUE (public_id), 
	CONSTRAINT ck_account_role CHECK (role IN ('patient', 'scheduler', 'specialist', 'nurse', 'administrator'))
);
CREATE TABLE account_location (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	CONSTRAINT pk_account_location PRIMARY KEY (id), 
	CONSTRAINT fk_account_location_account_id_account FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_account_location_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT uq_account_location_account_id_location_id UNIQUE (account_id, location_id)
);
CREATE TABLE account_patient (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	ends_at DATETIME, 
	CONSTRAINT pk_account_patient PRIMARY KEY (id), 
	CONSTRAINT fk_account_patient_account_id_account FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_account_patient_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT uq_account_patient_account_id_patient_id UNIQUE (account_id, patient_id)
);
CREATE TABLE account_preference (
	account_id INTEGER NOT NULL, 
	row_key VARCHAR(32) NOT NULL, 
	wishes_sealed TEXT NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_account_preference PRIMARY KEY (account_id), 
	CONSTRAINT fk_account_preference_account_id_account FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT uq_account_preference_row_key UNIQUE (row_key)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE answer (
	id INTEGER NOT NULL, 
	row_key VARCHAR(32) NOT NULL, 
	response_id INTEGER NOT NULL, 
	link_id VARCHAR(80) NOT NULL, 
	value_sealed TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	saved_at DATETIME NOT NULL, 
	CONSTRAINT pk_answer PRIMARY KEY (id), 
	CONSTRAINT fk_answer_response_id_questionnaire_response FOREIGN KEY(response_id) REFERENCES questionnaire_response (id), 
	CONSTRAINT uq_answer_response_id_link_id UNIQUE (response_id, link_id), 
	CONSTRAINT uq_answer_row_key UNIQUE (row_key)
);
CREATE TABLE appointment (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	reference VARCHAR(12) NOT NULL, 
	patient_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	specialist_id INTEGER, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	version INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	reason_sealed TEXT, 
	needs_sealed TEXT, 
	booked_by_account_id INTEGER, 
	booked_for_other BOOLEAN NOT NULL, 
	booked_at DATETIME NOT NULL, 
	confirmed_at DATETIME, 
	cancelled_at DATETIME, 
	cancel_reason_code VARCHAR(40), 
	cancel_note_sealed TEXT, 
	video_url_sealed TEXT, 
	CONSTRAINT pk_appointment PRIMARY KEY (id), 
	CONSTRAINT ck_appointment_order CHECK (starts_at < ends_at), 
	CONSTRAINT fk_appointment_booked_by_account_id_account FOREIGN KEY(booked_by_account_id) REFERENCES account (id), 
	CONSTRAINT fk_appointment_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_appointment_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_appointment_service_id_service FOREIGN KEY(service_id) REFERENCES service (id), 
	CONSTRAINT fk_appointment_specialist_id_resource FOREIGN KEY(specialist_id) REFERENCES resource (id), 
	CONSTRAINT uq_appointment_public_id UNIQUE (public_id), 
	CONSTRAINT uq_appointment_reference UNIQUE (reference), 
	CONSTRAINT ck_appointment_status CHECK (status IN ('booked', 'arrived', 'in_room', 'in_treatment', 'in_recovery', 'done', 'cancelled', 'no_show', 'entered_in_error'))
);
CREATE TABLE appointment_time (
	id INTEGER NOT NULL, 
	appointment_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	specialist_id INTEGER, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	confirmed_at DATETIME, 
	replaced_at DATETIME NOT NULL, 
	replaced_by_account_id INTEGER, 
	actor_kind VARCHAR(80) NOT NULL, 
	reason_code VARCHAR(40), 
	CONSTRAINT pk_appointment_time PRIMARY KEY (id), 
	CONSTRAINT ck_appointment_time_order CHECK (starts_at < ends_at), 
	CONSTRAINT fk_appointment_time_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_appointment_time_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_appointment_time_replaced_by_account_id_account FOREIGN KEY(replaced_by_account_id) REFERENCES account (id), 
	CONSTRAINT fk_appointment_time_service_id_service FOREIGN KEY(service_id) REFERENCES service (id), 
	CONSTRAINT fk_appointment_time_specialist_id_resource FOREIGN KEY(specialist_id) REFERENCES resource (id), 
	CONSTRAINT uq_appointment_time_appointment_id_version UNIQUE (appointment_id, version)
);
CREATE TABLE audit_event (
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor_account_id INTEGER, 
	actor_kind VARCHAR(80) NOT NULL, 
	action VARCHAR(80) NOT NULL, 
	object_kind VARCHAR(80) NOT NULL, 
	object_id INTEGER, 
	reason_code VARCHAR(40), 
	CONSTRAINT pk_audit_event PRIMARY KEY (seq)
);
CREATE TABLE block (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	resource_id INTEGER NOT NULL, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	label VARCHAR(200) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	series_key VARCHAR(32), 
	created_at DATETIME, 
	created_by_account_id INTEGER, 
	CONSTRAINT pk_block PRIMARY KEY (id), 
	CONSTRAINT ck_block_order CHECK (starts_at < ends_at), 
	CONSTRAINT fk_block_created_by_account_id_account FOREIGN KEY(created_by_account_id) REFERENCES account (id), 
	CONSTRAINT fk_block_resource_id_resource FOREIGN KEY(resource_id) REFERENCES resource (id), 
	CONSTRAINT uq_block_public_id UNIQUE (public_id), 
	CONSTRAINT ck_block_kind CHECK (kind IN ('leave', 'meeting', 'repair', 'other'))
);
CREATE TABLE clinic (
	id INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	sender_name VARCHAR(200) NOT NULL, 
	phone VARCHAR(40) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	emergency_number VARCHAR(40) NOT NULL, 
	crisis_line VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_clinic PRIMARY KEY (id), 
	CONSTRAINT ck_clinic_single_row CHECK (id = 1)
);
CREATE TABLE closure (
	id INTEGER NOT NULL, 
	location_id INTEGER, 
	starts_on DATE NOT NULL, 
	ends_on DATE NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_closure PRIMARY KEY (id), 
	CONSTRAINT ck_closure_order CHECK (starts_on <= ends_on), 
	CONSTRAINT fk_closure_location_id_location FOREIGN KEY(location_id) REFERENCES location (id)
);
CREATE TABLE field_key_check (
	key_id VARCHAR(40) NOT NULL, 
	check_value TEXT NOT NULL, 
	CONSTRAINT pk_field_key_check PRIMARY KEY (key_id)
);
CREATE TABLE freed_time (
	id INTEGER NOT NULL, 
	location_id INTEGER, 
	resource_id INTEGER, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	cause VARCHAR(80) NOT NULL, 
	hold_owner VARCHAR(64), 
	available_at DATETIME NOT NULL, 
	settled_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_freed_time PRIMARY KEY (id), 
	CONSTRAINT ck_freed_time_order CHECK (starts_at < ends_at), 
	CONSTRAINT fk_freed_time_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_freed_time_resource_id_resource FOREIGN KEY(resource_id) REFERENCES resource (id)
);
CREATE TABLE heartbeat (
	name VARCHAR(80) NOT NULL, 
	beat_at DATETIME NOT NULL, 
	CONSTRAINT pk_heartbeat PRIMARY KEY (name)
);
CREATE TABLE hold (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	owner VARCHAR(64) NOT NULL, 
	service_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	specialist_id INTEGER, 
	wanted_specialist_id INTEGER, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	extensions INTEGER NOT NULL, 
	purpose VARCHAR(40) NOT NULL, 
	appointment_id INTEGER, 
	CONSTRAINT pk_hold PRIMARY KEY (id), 
	CONSTRAINT ck_hold_extensions CHECK (extensions between 0 and 2), 
	CONSTRAINT fk_hold_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_hold_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_hold_service_id_service FOREIGN KEY(service_id) REFERENCES service (id), 
	CONSTRAINT fk_hold_specialist_id_resource FOREIGN KEY(specialist_id) REFERENCES resource (id), 
	CONSTRAINT fk_hold_wanted_specialist_id_resource FOREIGN KEY(wanted_specialist_id) REFERENCES resource (id), 
	CONSTRAINT uq_hold_public_id UNIQUE (public_id), 
	CONSTRAINT ck_hold_purpose CHECK (purpose IN ('booking', 'undo', 'offer'))
);
CREATE TABLE hours_exception (
	id INTEGER NOT NULL, 
	resource_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	on_date DATE NOT NULL, 
	starts_minute INTEGER, 
	ends_minute INTEGER, 
	CONSTRAINT pk_hours_exception PRIMARY KEY (id), 
	CONSTRAINT ck_hours_exception_both_or_neither CHECK ((starts_minute is null) = (ends_minute is null)), 
	CONSTRAINT ck_hours_exception_ends_minute CHECK (ends_minute > starts_minute and ends_minute <= 2880), 
	CONSTRAINT fk_hours_exception_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_hours_exception_resource_id_resource FOREIGN KEY(resource_id) REFERENCES resource (id)
);
CREATE TABLE idempotency (
	id INTEGER NOT NULL, 
	owner VARCHAR(64) NOT NULL, 
	nonce VARCHAR(64) NOT NULL, 
	body_hash VARCHAR(64) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_idempotency PRIMARY KEY (id), 
	CONSTRAINT uq_idempotency_owner_nonce UNIQUE (owner, nonce)
);
CREATE TABLE link_token (
	id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	action VARCHAR(40) NOT NULL, 
	account_id INTEGER, 
	patient_id INTEGER, 
	appointment_id INTEGER, 
	email_key VARCHAR(254), 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, offer_id INTEGER CONSTRAINT fk_link_token_offer_id_waiting_offer REFERENCES waiting_offer (id), waiting_entry_id INTEGER CONSTRAINT fk_link_token_waiting_entry_id_waiting_entry REFERENCES waiting_entry (id), 
	CONSTRAINT pk_link_token PRIMARY KEY (id), 
	CONSTRAINT fk_link_token_account_id_account FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_link_token_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_link_token_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT uq_link_token_token_hash UNIQUE (token_hash)
);
CREATE TABLE location (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	code VARCHAR(80) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	street VARCHAR(200) NOT NULL, 
	city VARCHAR(200) NOT NULL, 
	phone VARCHAR(40) NOT NULL, 
	tz_name VARCHAR(60) NOT NULL, 
	directions TEXT NOT NULL, 
	is_step_free BOOLEAN NOT NULL, 
	CONSTRAINT pk_location PRIMARY KEY (id), 
	CONSTRAINT uq_location_code UNIQUE (code), 
	CONSTRAINT uq_location_public_id UNIQUE (public_id)
);
CREATE TABLE login_session (
	id INTEGER NOT NULL, 
	id_hash VARCHAR(64) NOT NULL, 
	account_id INTEGER, 
	data_sealed TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_login_session PRIMARY KEY (id), 
	CONSTRAINT fk_login_session_account_id_account FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT uq_login_session_id_hash UNIQUE (id_hash)
);
CREATE TABLE message (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	dedup_key VARCHAR(200) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	channel VARCHAR(20) NOT NULL, 
	account_id INTEGER, 
	patient_id INTEGER, 
	appointment_id INTEGER, 
	appointment_version INTEGER, 
	due_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	owner VARCHAR(80), 
	lease_until DATETIME, 
	attempts INTEGER NOT NULL, 
	data_sent_at DATETIME, 
	resends INTEGER NOT NULL, 
	message_id VARCHAR(120) NOT NULL, 
	settled_at DATETIME, 
	last_code VARCHAR(60), 
	created_at DATETIME NOT NULL, offer_id INTEGER CONSTRAINT fk_message_offer_id_waiting_offer REFERENCES waiting_offer (id), waiting_entry_id INTEGER CONSTRAINT fk_message_waiting_entry_id_waiting_entry REFERENCES waiting_entry (id), 
	CONSTRAINT pk_message PRIMARY KEY (id), 
	CONSTRAINT ck_message_one_recipient CHECK ((account_id is null) <> (patient_id is null)), 
	CONSTRAINT fk_message_account_id_account FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_message_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_message_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT uq_message_dedup_key UNIQUE (dedup_key), 
	CONSTRAINT uq_message_message_id UNIQUE (message_id), 
	CONSTRAINT uq_message_public_id UNIQUE (public_id), 
	CONSTRAINT ck_message_state CHECK (state IN ('pending', 'sending', 'data_sent', 'sent', 'failed', 'cancelled', 'expired'))
);
CREATE TABLE patient (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	given_name VARCHAR(120) NOT NULL, 
	family_name VARCHAR(120) NOT NULL, 
	name_key VARCHAR(260) NOT NULL, 
	born_on DATE NOT NULL, 
	phone VARCHAR(40), 
	phone_key VARCHAR(40), 
	email VARCHAR(254), 
	email_verified_at DATETIME, 
	language VARCHAR(20) NOT NULL, 
	contact_note_sealed TEXT, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_patient PRIMARY KEY (id), 
	CONSTRAINT uq_patient_public_id UNIQUE (public_id)
);
CREATE TABLE questionnaire_response (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	appointment_id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	questionnaire VARCHAR(80) NOT NULL, 
	form_version VARCHAR(20) NOT NULL, 
	status VARCHAR(40) NOT NULL, 
	started_at DATETIME NOT NULL, 
	completed_at DATETIME, 
	score_sealed TEXT, 
	CONSTRAINT pk_questionnaire_response PRIMARY KEY (id), 
	CONSTRAINT fk_questionnaire_response_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_questionnaire_response_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT uq_questionnaire_response_appointment_id_questionnaire UNIQUE (appointment_id, questionnaire), 
	CONSTRAINT uq_questionnaire_response_public_id UNIQUE (public_id), 
	CONSTRAINT ck_questionnaire_response_status CHECK (status IN ('in-progress', 'completed'))
);
CREATE TABLE reservation (
	id INTEGER NOT NULL, 
	resource_id INTEGER, 
	lane INTEGER, 
	patient_id INTEGER, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	appointment_id INTEGER, 
	hold_id INTEGER, 
	block_id INTEGER, 
	CONSTRAINT pk_reservation PRIMARY KEY (id), 
	CONSTRAINT ck_reservation_one_owner CHECK ((case when appointment_id is null then 0 else 1 end) + (case when hold_id is null then 0 else 1 end) + (case when block_id is null then 0 else 1 end) = 1), 
	CONSTRAINT ck_reservation_one_subject CHECK ((resource_id is null) <> (patient_id is null)), 
	CONSTRAINT ck_reservation_lane_of_resource CHECK ((resource_id is null) = (lane is null)), 
	CONSTRAINT ck_reservation_order CHECK (starts_at < ends_at), 
	CONSTRAINT fk_reservation_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_reservation_block_id_block FOREIGN KEY(block_id) REFERENCES block (id), 
	CONSTRAINT fk_reservation_hold_id_hold FOREIGN KEY(hold_id) REFERENCES hold (id), 
	CONSTRAINT fk_reservation_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_reservation_resource_id_resource FOREIGN KEY(resource_id) REFERENCES resource (id)
);
CREATE TABLE resource (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	code VARCHAR(80) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	about TEXT NOT NULL, 
	lanes INTEGER NOT NULL, 
	languages JSON NOT NULL, 
	pools JSON NOT NULL, 
	video_url VARCHAR(500) NOT NULL, 
	is_active BOOLEAN NOT NULL, 
	CONSTRAINT pk_resource PRIMARY KEY (id), 
	CONSTRAINT ck_resource_lanes CHECK (lanes between 1 and 100), 
	CONSTRAINT uq_resource_code UNIQUE (code), 
	CONSTRAINT uq_resource_public_id UNIQUE (public_id), 
	CONSTRAINT ck_resource_kind CHECK (kind IN ('specialist', 'nurse', 'room', 'chair', 'device'))
);
CREATE TABLE segment_need (
	id INTEGER NOT NULL, 
	segment_id INTEGER NOT NULL, 
	pool VARCHAR(80), 
	lanes INTEGER NOT NULL, 
	CONSTRAINT pk_segment_need PRIMARY KEY (id), 
	CONSTRAINT ck_segment_need_lanes CHECK (lanes > 0), 
	CONSTRAINT fk_segment_need_segment_id_service_segment FOREIGN KEY(segment_id) REFERENCES service_segment (id)
);
CREATE TABLE service (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	code VARCHAR(80) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	summary TEXT NOT NULL, 
	mode VARCHAR(40) NOT NULL, 
	audience VARCHAR(40) NOT NULL, 
	grid_minutes INTEGER NOT NULL, 
	buffer_before_minutes INTEGER NOT NULL, 
	buffer_after_minutes INTEGER NOT NULL, 
	book_notice_minutes INTEGER NOT NULL, 
	change_notice_minutes INTEGER NOT NULL, 
	cancel_notice_minutes INTEGER NOT NULL, 
	horizon_days INTEGER NOT NULL, 
	visit_limit_count INTEGER, 
	visit_limit_days INTEGER, 
	min_gap_days INTEGER NOT NULL, 
	contact_to_book BOOLEAN NOT NULL, 
	languages JSON NOT NULL, 
	specialist_ids JSON, 
	location_ids JSON, 
	questionnaires JSON NOT NULL, 
	preparation JSON NOT NULL, 
	position INTEGER NOT NULL, 
	is_active BOOLEAN NOT NULL, 
	CONSTRAINT pk_service PRIMARY KEY (id), 
	CONSTRAINT ck_service_buffers CHECK (buffer_before_minutes >= 0 and buffer_after_minutes >= 0), 
	CONSTRAINT ck_service_grid CHECK (grid_minutes between 1 and 1440), 
	CONSTRAINT ck_service_visit_limit CHECK ((visit_limit_count is null) = (visit_limit_days is null)), 
	CONSTRAINT uq_service_code UNIQUE (code), 
	CONSTRAINT uq_service_public_id UNIQUE (public_id), 
	CONSTRAINT ck_service_mode CHECK (mode IN ('in_person', 'video', 'phone')), 
	CONSTRAINT ck_service_audience CHECK (audience IN ('anyone', 'verified', 'staff', 'course'))
);
CREATE TABLE service_segment (
	id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	offset_minutes INTEGER NOT NULL, 
	minutes INTEGER NOT NULL, 
	with_patient BOOLEAN NOT NULL, 
	CONSTRAINT pk_service_segment PRIMARY KEY (id), 
	CONSTRAINT ck_service_segment_length CHECK (offset_minutes >= 0 and minutes > 0), 
	CONSTRAINT fk_service_segment_service_id_service FOREIGN KEY(service_id) REFERENCES service (id), 
	CONSTRAINT uq_service_segment_service_id_position UNIQUE (service_id, position)
);
CREATE TABLE task (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	dedup_key VARCHAR(200) NOT NULL, 
	kind VARCHAR(80) NOT NULL, 
	reason_code VARCHAR(60), 
	role VARCHAR(40) NOT NULL, 
	patient_id INTEGER, 
	appointment_id INTEGER, 
	note_sealed TEXT, 
	state VARCHAR(40) NOT NULL, 
	due_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	outcome_code VARCHAR(40), 
	CONSTRAINT pk_task PRIMARY KEY (id), 
	CONSTRAINT fk_task_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_task_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT uq_task_dedup_key UNIQUE (dedup_key), 
	CONSTRAINT uq_task_public_id UNIQUE (public_id), 
	CONSTRAINT ck_task_role CHECK (role IN ('patient', 'scheduler', 'specialist', 'nurse', 'administrator')), 
	CONSTRAINT ck_task_state CHECK (state IN ('open', 'done'))
);
CREATE TABLE token_bucket (
	"key" VARCHAR(64) NOT NULL, 
	tokens FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	CONSTRAINT pk_token_bucket PRIMARY KEY ("key")
);
CREATE TABLE waiting_entry (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	live_key VARCHAR(60), 
	patient_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	appointment_id INTEGER, 
	location_ids JSON, 
	specialist_ids JSON, 
	weekdays JSON NOT NULL, 
	day_parts JSON NOT NULL, 
	first_on DATE NOT NULL, 
	last_on DATE NOT NULL, 
	notice_minutes INTEGER NOT NULL, 
	priority INTEGER NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by_account_id INTEGER, 
	ended_at DATETIME, 
	CONSTRAINT pk_waiting_entry PRIMARY KEY (id), 
	CONSTRAINT ck_waiting_entry_order CHECK (first_on <= last_on), 
	CONSTRAINT fk_waiting_entry_appointment_id_appointment FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT fk_waiting_entry_created_by_account_id_account FOREIGN KEY(created_by_account_id) REFERENCES account (id), 
	CONSTRAINT fk_waiting_entry_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_waiting_entry_service_id_service FOREIGN KEY(service_id) REFERENCES service (id), 
	CONSTRAINT uq_waiting_entry_live_key UNIQUE (live_key), 
	CONSTRAINT uq_waiting_entry_public_id UNIQUE (public_id), 
	CONSTRAINT ck_waiting_entry_state CHECK (state IN ('waiting', 'placed', 'left', 'expired'))
);
CREATE TABLE waiting_offer (
	id INTEGER NOT NULL, 
	public_id VARCHAR(32) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	specialist_id INTEGER, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	made_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	settled_at DATETIME, 
	why JSON NOT NULL, 
	CONSTRAINT pk_waiting_offer PRIMARY KEY (id), 
	CONSTRAINT ck_waiting_offer_order CHECK (starts_at < ends_at), 
	CONSTRAINT fk_waiting_offer_entry_id_waiting_entry FOREIGN KEY(entry_id) REFERENCES waiting_entry (id), 
	CONSTRAINT fk_waiting_offer_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_waiting_offer_service_id_service FOREIGN KEY(service_id) REFERENCES service (id), 
	CONSTRAINT fk_waiting_offer_specialist_id_resource FOREIGN KEY(specialist_id) REFERENCES resource (id), 
	CONSTRAINT uq_waiting_offer_public_id UNIQUE (public_id), 
	CONSTRAINT ck_waiting_offer_state CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn'))
);
CREATE TABLE weekly_hours (
	id INTEGER NOT NULL, 
	resource_id INTEGER NOT NULL, 
	location_id INTEGER NOT NULL, 
	weekday INTEGER NOT NULL, 
	starts_minute INTEGER NOT NULL, 
	ends_minute INTEGER NOT NULL, 
	valid_from DATE, 
	valid_to DATE, 
	CONSTRAINT pk_weekly_hours PRIMARY KEY (id), 
	CONSTRAINT ck_weekly_hours_ends_minute CHECK (ends_minute > starts_minute and ends_minute <= 2880), 
	CONSTRAINT ck_weekly_hours_starts_minute CHECK (starts_minute >= 0 and starts_minute < 1440), 
	CONSTRAINT ck_weekly_hours_weekday CHECK (weekday between 0 and 6), 
	CONSTRAINT fk_weekly_hours_location_id_location FOREIGN KEY(location_id) REFERENCES location (id), 
	CONSTRAINT fk_weekly_hours_resource_id_resource FOREIGN KEY(resource_id) REFERENCES resource (id)
);
CREATE INDEX ix_weekly_hours_resource_id ON weekly_hours (resource_id);
CREATE INDEX ix_hours_exception_resource_id ON hours_exception (resource_id);
CREATE INDEX ix_service_segment_service_id ON service_segment (service_id);
CREATE INDEX ix_segment_need_segment_id ON segment_need (segment_id);
CREATE INDEX ix_patient_born_on ON patient (born_on);
CREATE INDEX ix_patient_email ON patient (email);
CREATE INDEX ix_patient_name_key ON patient (name_key);
CREATE INDEX ix_patient_phone_key ON patient (phone_key);
CREATE INDEX ix_account_patient_patient_id ON account_patient (patient_id);
CREATE INDEX ix_login_session_account_id ON login_session (account_id);
CREATE INDEX ix_login_session_expires_at ON login_session (expires_at);
CREATE INDEX ix_appointment_location_id_starts_at ON appointment (location_id, starts_at);
CREATE INDEX ix_appointment_patient_id_starts_at ON appointment (patient_id, starts_at);
CREATE INDEX ix_link_token_expires_at ON link_token (expires_at);
CREATE INDEX ix_idempotency_created_at ON idempotency (created_at);
CREATE INDEX ix_hold_expires_at ON hold (expires_at);
CREATE INDEX ix_hold_owner ON hold (owner);
CREATE INDEX ix_block_resource_id ON block (resource_id);
CREATE INDEX ix_block_series_key ON block (series_key);
CREATE INDEX ix_reservation_appointment_id ON reservation (appointment_id);
CREATE INDEX ix_reservation_block_id ON reservation (block_id);
CREATE INDEX ix_reservation_hold_id ON reservation (hold_id);
CREATE INDEX ix_reservation_patient_id_ends_at ON reservation (patient_id, ends_at);
CREATE INDEX ix_reservation_resource_id_ends_at ON reservation (resource_id, ends_at, starts_at, lane, hold_id);
CREATE INDEX ix_reservation_resource_id_lane_ends_at ON reservation (resource_id, lane, ends_at);
CREATE TRIGGER reservation_no_overlap_insert BEFORE INSERT ON reservation BEGIN SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (SELECT 1 FROM reservation r WHERE r.resource_id IS NEW.resource_id AND r.lane IS NEW.lane AND r.patient_id IS NEW.patient_id AND r.ends_at > NEW.starts_at AND r.starts_at < NEW.ends_at); END;
CREATE TRIGGER reservation_no_overlap_update BEFORE UPDATE ON reservation BEGIN SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (SELECT 1 FROM reservation r WHERE r.resource_id IS NEW.resource_id AND r.lane IS NEW.lane AND r.patient_id IS NEW.patient_id AND r.ends_at > NEW.starts_at AND r.starts_at < NEW.ends_at AND r.id <> NEW.id); END;
CREATE TRIGGER reservation_text_width BEFORE INSERT ON reservation BEGIN SELECT RAISE(ABORT, 'instants are 26 characters wide') WHERE length(NEW.starts_at) <> 26 OR length(NEW.ends_at) <> 26; END;
CREATE INDEX ix_questionnaire_response_patient_id ON questionnaire_response (patient_id);
CREATE INDEX ix_message_appointment_id ON message (appointment_id);
CREATE INDEX ix_message_state_due_at ON message (state, due_at);
CREATE INDEX ix_audit_event_object_kind_object_id ON audit_event (object_kind, object_id);
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit events are kept'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit events are kept'); END;
CREATE INDEX ix_waiting_entry_appointment_id ON waiting_entry (appointment_id);
CREATE INDEX ix_waiting_entry_patient_id ON waiting_entry (patient_id);
CREATE INDEX ix_waiting_entry_state_service_id ON waiting_entry (state, service_id);
CREATE INDEX ix_waiting_offer_entry_id ON waiting_offer (entry_id);
CREATE INDEX ix_waiting_offer_state_expires_at ON waiting_offer (state, expires_at);
CREATE INDEX ix_freed_time_settled_at_available_at ON freed_time (settled_at, available_at);
CREATE INDEX ix_message_offer_id ON message (offer_id);
CREATE INDEX ix_link_token_waiting_entry_id ON link_token (waiting_entry_id);
COMMIT;
