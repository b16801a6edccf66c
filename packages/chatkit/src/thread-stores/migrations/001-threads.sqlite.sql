create table threads (
  seq integer primary key autoincrement,
  tenant text not null,
  owner text not null,
  id text not null,
  created_us integer not null,
  record text not null,
  unique (tenant, owner, id)
) strict;

create index threads_in_order on threads (tenant, owner, created_us, seq);

create table items (
  seq integer primary key autoincrement,
  tenant text not null,
  owner text not null,
  thread_id text not null,
  id text not null,
  created_us integer not null,
  hidden integer not null,
  record text not null,
  unique (tenant, owner, thread_id, id),
  foreign key (tenant, owner, thread_id) references threads (tenant, owner, id) on delete cascade
) strict;

create index items_in_order on items (tenant, owner, thread_id, created_us, seq);
