-- An empty database for Respite with two roles: sudo -u postgres psql -v ON_ERROR_STOP=1 -f roles.sql
--
-- respite_owner owns the tables and works only while `respite db upgrade`, `restore` or `database move-to` runs. respite,
-- which web, worker and backup log in as, reads and writes rows and can do no more: it cannot take a guard, a trigger or
-- a constraint away, and cannot empty a table. Neither has a password: on the same machine PostgreSQL asks the kernel
-- who is calling (`peer`), and only the users of that name are let in.

CREATE ROLE respite_owner LOGIN;
CREATE ROLE respite LOGIN;
CREATE DATABASE respite OWNER respite_owner ENCODING 'UTF8' TEMPLATE template0;
\connect respite

REVOKE ALL ON DATABASE respite FROM PUBLIC;
GRANT CONNECT ON DATABASE respite TO respite;

ALTER SCHEMA public OWNER TO respite_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO respite;
ALTER DEFAULT PRIVILEGES FOR ROLE respite_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO respite;
ALTER DEFAULT PRIVILEGES FOR ROLE respite_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO respite;
