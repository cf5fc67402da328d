import { markup } from './escaping.ts';

/**
 * The filter over the cases, and printing with everything unfolded. The page is whole without it. It reads only
 * what the page already shows, and writes nothing but visibility and one count.
 */
export const pageScript = markup`
const filter = document.getElementById('filter');
if (filter) {
  const search = document.getElementById('search');
  const shown = document.getElementById('shown');
  const chips = [...filter.querySelectorAll('[data-outcome]')];
  const groups = [...document.querySelectorAll('details.row')].map((group) => ({
    group,
    folded: !group.open,
    lines: [...group.querySelectorAll('tr[data-outcome]')].map((line) => ({ line, text: line.textContent.toLowerCase() })),
  }));
  const apply = () => {
    const words = search.value.toLowerCase().split(' ').filter(Boolean);
    const wanted = chips.filter((chip) => chip.ariaPressed === 'true').map((chip) => chip.dataset.outcome);
    const filtering = words.length + wanted.length > 0;
    let count = 0;
    let all = 0;
    for (const { group, folded, lines } of groups) {
      let here = 0;
      for (const { line, text } of lines) {
        const match = words.every((word) => text.includes(word)) &&
          (wanted.length === 0 || wanted.includes(line.dataset.outcome));
        line.hidden = !match;
        if (match) here += 1;
      }
      group.hidden = here === 0;
      group.open = filtering ? true : !folded;
      count += here;
      all += lines.length;
    }
    shown.textContent = filtering ? count + ' of ' + all + ' shown' : '';
  };
  search.addEventListener('input', apply);
  for (const chip of chips) chip.addEventListener('click', () => {
    chip.ariaPressed = String(chip.ariaPressed !== 'true');
    apply();
  });
  filter.addEventListener('submit', (event) => event.preventDefault());
  filter.hidden = false;
}
const unfold = (hash) => {
  const target = hash.length > 1 && document.getElementById(hash.slice(1));
  if (target && target.tagName === 'DETAILS') target.open = true;
};
addEventListener('hashchange', () => unfold(location.hash));
unfold(location.hash);
addEventListener('beforeprint', () => {
  for (const group of document.querySelectorAll('details')) group.open = true;
});
`;
