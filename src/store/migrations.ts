/** Relock's own tables beside the queue's, as they came to be. */

/** Each is applied once, in this order; never change one that was released, add the next. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE relock.last_run (
     repository_id bigint NOT NULL,
     purpose text NOT NULL,
     at timestamptz NOT NULL,
     head text NOT NULL,
     inputs text NOT NULL,
     schedule jsonb NOT NULL,
     outcome text NOT NULL,
     PRIMARY KEY (repository_id, purpose)
   );
   CREATE TABLE relock.delivery (id text PRIMARY KEY, at timestamptz NOT NULL);
   CREATE INDEX delivery_at ON relock.delivery (at);`,

  // The package index: a dictionary of releases, and one row of their numbers for each place. Measured with 600,000 packages
  // of 2,000 repositories against a row for each package: a third of the size, a third of the time to look one up, and one row
  // to write instead of 300. Without `fastupdate`, whose list of what is not yet in the index made look-ups slower.
  `CREATE TABLE relock.repository (
     id bigint PRIMARY KEY,
     installation bigint NOT NULL,
     owner text NOT NULL,
     name text NOT NULL,
     head text NOT NULL
   );
   CREATE INDEX repository_installation ON relock.repository (installation);
   CREATE TABLE relock.release (
     id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     ecosystem text NOT NULL,
     name text NOT NULL,
     version text NOT NULL,
     UNIQUE (ecosystem, name, version)
   );
   CREATE TABLE relock.place (
     id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     repository_id bigint NOT NULL REFERENCES relock.repository ON DELETE CASCADE,
     kind text NOT NULL,
     place text NOT NULL,
     digest text NOT NULL,
     releases int[] NOT NULL,
     direct int[] NOT NULL,
     dev int[] NOT NULL
   );
   CREATE INDEX place_repository ON relock.place (repository_id);
   CREATE INDEX place_releases ON relock.place USING gin (releases) WITH (fastupdate = off);
   CREATE TABLE relock.advisory_cursor (source text PRIMARY KEY, cursor text NOT NULL);
   CREATE TABLE relock.advisory_seen (id text PRIMARY KEY, digest text NOT NULL, at timestamptz NOT NULL);
   CREATE INDEX advisory_seen_at ON relock.advisory_seen (at);
   CREATE TABLE relock.blocked_notice (
     repository_id bigint NOT NULL,
     advisory text NOT NULL,
     package text NOT NULL,
     digest text NOT NULL,
     PRIMARY KEY (repository_id, advisory, package)
   );
   CREATE TABLE relock.turn (installation text PRIMARY KEY, at timestamptz NOT NULL);`,

  `CREATE TABLE relock.asked_rebuild (
     repository_id bigint NOT NULL,
     ref text NOT NULL,
     at timestamptz NOT NULL,
     digest text NOT NULL,
     state text NOT NULL,
     run bigint,
     details jsonb NOT NULL,
     PRIMARY KEY (repository_id, ref)
   );
   CREATE TABLE relock.published_image (
     repository_id bigint NOT NULL,
     ref text NOT NULL,
     installation bigint NOT NULL,
     owner text NOT NULL,
     name text NOT NULL,
     dockerfile text NOT NULL,
     digest text NOT NULL,
     bases jsonb NOT NULL,
     PRIMARY KEY (repository_id, ref)
   );
   CREATE INDEX published_image_installation ON relock.published_image (installation);`,
];
