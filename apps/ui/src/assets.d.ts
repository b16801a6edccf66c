// Files that the build knows how to import, besides code.

declare module "*.css";

declare module "*?raw" {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- that is how the build hands it over
  export default text;
}
