// The sign of the product. Next to a heading that names it, so it stays silent for screen readers.

export function Mark({ size }: { readonly size: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect className="mark-ground" width="32" height="32" rx="9" />
      <path
        className="mark-figure"
        d="M12.5 8h7A3.5 3.5 0 0 1 23 11.5v5a3.5 3.5 0 0 1-3.5 3.5H15l-4.3 3.7a.42.42 0 0 1-.7-.32V19.8a3.5 3.5 0 0 1-1-3.3v-5A3.5 3.5 0 0 1 12.5 8Z"
      />
      <circle className="mark-ground" cx="13.2" cy="14" r="1.3" />
      <circle className="mark-ground" cx="18.8" cy="14" r="1.3" />
    </svg>
  );
}
