// The looks of banners and popups.

const STYLES = `
.prisma-carousel{width:100%}
.prisma-banner{display:block;width:100%;padding:0;border:0;background:none;cursor:pointer;font:inherit;text-align:inherit}
.prisma-banner[hidden]{display:none}
.prisma-banner img{display:block;width:100%;height:auto}
.prisma-dots{display:flex;justify-content:center;gap:.1rem;padding-top:.25rem}
.prisma-dots button{width:1.6rem;height:1.6rem;border:0;background:none;padding:.45rem;cursor:pointer}
.prisma-dots button::before{content:"";display:block;width:.7rem;height:.7rem;border-radius:50%;background:#fff;box-shadow:0 0 0 1px #1b2430}
.prisma-dots button[aria-current=true]::before{background:#1b2430;box-shadow:0 0 0 1px #fff}
.prisma-popup{border:0;padding:0;border-radius:16px;width:min(36rem,94vw);max-height:92vh;box-shadow:0 24px 80px rgb(10 25 45/40%);overflow:hidden}
.prisma-popup::backdrop{background:rgb(10 25 45/55%)}
.prisma-popup iframe{display:block;width:100%;height:min(28rem,82vh);max-height:82vh;border:0;background:#fff}
.prisma-close{display:block;margin-left:auto;width:2.75rem;height:2.75rem;border:0;background:none;font-size:1.5rem;line-height:1;cursor:pointer}
.prisma-popup :focus-visible,.prisma-carousel :focus-visible{outline:3px solid #ffb020;outline-offset:-3px}`;

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** Add the style sheet to the page, once. */
export function addStyles() {
  if (sheet) return;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
