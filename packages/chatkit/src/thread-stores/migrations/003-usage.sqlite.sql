-- What each owner has used on a day (UTC, counted since 1970), for the budgets of a day.
create table usage (
  tenant text not null,
  owner text not null,
  day integer not null,
  requests integer not null,
  tokens integer not null,
  primary key (tenant, owner, day)
) strict, without rowid;

create index usage_of_days on usage (day);
