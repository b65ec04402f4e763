// Package words is the private module of the suite private-modules.
package words

// Greeting is what only this module knows.
const Greeting = "Grüße aus dem privaten Modul"
