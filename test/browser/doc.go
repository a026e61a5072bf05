// Package browser looks at the status page with a real browser, Chromium as
// Debian has it: that it is drawn, refreshes itself and logs no error, on a
// screen and on a phone, in the light and in the dark, in every language. It is
// a module of its own, so that nothing else depends on a browser:
//
//	go -C test/browser test ./...
//
// With -update it takes the pictures of the page in docs/images, too.
package browser
