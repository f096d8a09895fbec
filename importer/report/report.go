// Package report shows a run to people.
//
// Decisions that the code can't show:
//
//   - The progress line is our own. In schollz/progressbar v3.19.1 the bar shrinks
//     to the terminal but the text doesn't, so a long reason for waiting wraps, and
//     the line is blanked before every redraw, which flickers. That package also
//     links net/http's server. Ours is one write a frame, cut to the width, and
//     none if nothing changed.
//   - All text is plain, without colours, so NO_COLOR has nothing to switch off.
//     The bar is ASCII: terminals disagree on the width of block characters.
//   - Text from a roster or a server goes through [Clean]: a cell must not move the
//     cursor, colour the terminal or turn the direction of the text.
//   - A command for copying is never broken over two lines.
//   - At the width [Plain], for screen readers and simple terminals, there is no bar,
//     table or indent. Each line is a sentence, and progress comes rarely.
package report
