/** How the chat looks. Colours follow frontend/tokens; the shop's own colour is --shop. Sizes are px: the root of the
 * shop's page may have any. */

const COMMON = `
:host{all:initial;color-scheme:light dark;--accent:var(--shop,light-dark(#3d4fc4,#5867d8));--on:#fff;
--ground:light-dark(#fff,#1d1f26);--sunken:light-dark(#f3f4f6,#15171d);--line:light-dark(#dfe1e6,#383c47);
--ink:light-dark(#1e222b,#eceef2);--ink-2:light-dark(#505663,#b3b8c4);--bad:light-dark(#b3261e,#f2a29c);
--focus:light-dark(#3d4fc4,#a9b2ff);
font:400 15px/1.45 system-ui,sans-serif;color:var(--ink);position:fixed;inset:auto 16px 16px auto;z-index:2147483000}
*{box-sizing:border-box;font:inherit;color:inherit;letter-spacing:normal}
button{border:0;background:none;cursor:pointer;padding:0;-webkit-tap-highlight-color:transparent}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.icon{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
[hidden]{display:none!important}`

export const BUTTON = `${COMMON}
.open{display:grid;place-items:center;width:56px;height:56px;border-radius:28px;background:var(--accent);color:var(--on);
box-shadow:0 1px 2px #0003,0 6px 20px #0003;position:relative}
.open:hover{filter:brightness(1.08)}
.badge{position:absolute;top:-2px;right:-2px;min-width:20px;height:20px;border-radius:10px;background:#b3261e;color:#fff;
font-size:12px;line-height:20px;padding:0 5px;text-align:center}`

export const PANEL = `
.panel{position:fixed;right:16px;bottom:84px;width:380px;height:min(600px,calc(100dvh - 108px));display:flex;
flex-direction:column;background:var(--ground);border:1px solid var(--line);border-radius:12px;overflow:hidden;
box-shadow:0 2px 6px #0002,0 16px 48px #0003}
header{display:flex;align-items:center;gap:8px;padding:12px 8px 12px 16px;background:var(--accent);color:var(--on)}
h2{margin:0;font-size:16px;font-weight:600;line-height:1.25;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
header div{flex:1;min-width:0}header p{margin:2px 0 0;font-size:13px;line-height:1.3;opacity:.95}
.round{display:grid;place-items:center;width:44px;height:44px;border-radius:8px;flex:none}
header .round:hover{background:#ffffff26}header :focus-visible{outline-color:#fff;outline-offset:-2px}
.said{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;gap:4px;margin:0}
.said>*{flex:none}.hello{margin:0 0 12px;color:var(--ink-2)}
.day{align-self:center;margin:12px 0 4px;font-size:12px;color:var(--ink-2)}
.one{max-width:85%;align-self:flex-start;display:flex;flex-direction:column;gap:2px}
.mine{align-self:flex-end;align-items:flex-end}
.by{font-size:12px;color:var(--ink-2);margin:6px 0 0}
.bubble{margin:0;padding:8px 12px;border-radius:12px;background:var(--sunken);white-space:pre-wrap;overflow-wrap:anywhere}
.mine .bubble{background:var(--accent);color:var(--on)}.bubble a{text-decoration:underline}
.mark{font-size:12px;color:var(--ink-2);margin:0}.bad{color:var(--bad)}
.mark button{text-decoration:underline;min-height:24px;margin-left:8px}
.file{display:inline-flex;align-items:center;gap:6px;min-height:44px;padding:6px 12px;border:1px solid var(--line);
border-radius:8px;max-width:100%;overflow-wrap:anywhere;text-align:left;background:var(--ground)}
.pic{display:block;padding:0;overflow:hidden}.pic img{display:block;max-width:220px;max-height:220px}
.typing{min-height:20px;padding:0 16px;margin:0;font-size:13px;color:var(--ink-2)}
.bar{margin:0;padding:8px 16px;font-size:13px;background:light-dark(#fdf3d8,#3a3222);color:light-dark(#5d4300,#f1d99a)}
.watch{display:flex;gap:8px;align-items:center;padding:4px 16px;font-size:13px;color:var(--ink-2);min-height:44px}
.watch input{width:20px;height:20px;accent-color:var(--accent);flex:none}
form{display:flex;align-items:flex-end;gap:4px;padding:8px;border-top:1px solid var(--line);flex-wrap:wrap}
textarea{flex:1;min-width:0;resize:none;border:0;background:none;font-size:16px;line-height:1.4;padding:10px 4px;
max-height:140px;height:44px;outline-offset:-2px;border-radius:8px}
textarea::placeholder{color:var(--ink-2);opacity:1}
.send{background:var(--accent);color:var(--on);border-radius:22px}.send:disabled{opacity:.45;cursor:default}
.picked{flex-basis:100%;display:flex;flex-wrap:wrap;gap:4px;margin:0;padding:0;list-style:none}
.picked button{width:24px;height:24px}.picked .icon{width:16px;height:16px}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.dots::after{content:"";display:inline-block;width:1.2em;text-align:left;animation:dots 1.2s steps(4) infinite}
@keyframes dots{0%{content:""}25%{content:"."}50%{content:".."}75%{content:"..."}}
@media (max-width:480px){.panel{inset:0;width:auto;height:100dvh;border:0;border-radius:0}}
@media (prefers-reduced-motion:reduce){.dots::after{animation:none;content:"..."}}`
