-- Items belong to a thread's row, not to its name: what a deleted thread leaves to be purged is out of reach at once.
create table items_of_rows (
  seq integer primary key,
  thread_seq integer not null,
  id text not null,
  created_us integer not null,
  hidden integer not null,
  record text not null,
  unique (thread_seq, id)
) strict;

insert into items_of_rows (seq, thread_seq, id, created_us, hidden, record)
select items.seq, threads.seq, items.id, items.created_us, items.hidden, items.record
from items
join threads on threads.tenant = items.tenant and threads.owner = items.owner and threads.id = items.thread_id
order by items.seq;

drop table items;
alter table items_of_rows rename to items;
create index items_in_order on items (thread_seq, created_us, seq);

-- Rows of deleted threads whose items are still to be purged.
create table removals (thread_seq integer primary key) strict;

create table attachments (
  seq integer primary key,
  tenant text not null,
  owner text not null,
  id text not null,
  thread_id text,
  bytes integer not null,
  doomed integer not null default 0,
  saved_ms integer not null,
  record text not null,
  unique (tenant, owner, id)
) strict;

create index attachments_of_threads on attachments (tenant, owner, thread_id, doomed, bytes);
create index attachments_forgotten on attachments (saved_ms, seq) where doomed = 1 or thread_id is null;
