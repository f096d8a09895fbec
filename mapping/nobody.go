package mapping

import (
	"strings"
	"sync"
)

// isNobody reports whether a first and a last name together are what people write
// where there is nobody yet, or to try things out: Vacant Position, Test User.
// Only what nobody is called counts; a number behind it, as in New Hire 2, does not.
func (m *Mapper) isNobody(first, last string) bool {
	const longest = 32
	if len(first)+len(last) > longest || first == "" || last == "" {
		return false
	}
	key := AppendFold(m.scratch[:0], first)
	if _, known := nobodies().beginnings[string(key)]; !known { // most names
		return false
	}
	key = AppendFold(append(key, ' '), last)
	for len(key) > 0 && (key[len(key)-1] == ' ' || '0' <= key[len(key)-1] && key[len(key)-1] <= '9') {
		key = key[:len(key)-1]
	}
	_, known := nobodies().names[string(key)]
	return known
}

// nobodyNames are what nobody is called, and what a first name can be then: the
// words that such a name begins with.
type nobodyNames struct{ names, beginnings map[string]struct{} }

var nobodies = sync.OnceValue(func() nobodyNames {
	all := nobodyNames{make(map[string]struct{}), make(map[string]struct{})}
	for name := range strings.SplitSeq(`
		vacant vacant, vacant position, position vacant, vacant vacancy, open open, open position, position open, open slot, open spot, unfilled position, unfilled unfilled,
		new hire, new hires, new employee, new worker, new person, future hire, pending hire, to be hired, to be determined, to be announced, to be named, to be advised, to be confirmed, to be assigned,
		front desk, main office, office fax, fax machine, break room, conference room, shop phone, job trailer, office trailer, guard shack, security desk,
		laid off, no longer employed, no longer here, not active, on leave, quit quit, temp worker, temporary worker, temp labor, day laborer, visitor badge, spare badge,
		visitor, guest, temp, contractor, subcontractor, worker, employee, laborer, labourer, helper, driver, spare, badge, crew member, team member,
		tbd tbd, tba tba, tbh tbh, tbc tbc, tbn tbn, unassigned unassigned, not assigned, not applicable, not available, unknown unknown, unknown employee, unknown worker, unknown name,
		unknown person, no name, no one, no body, nobody nobody, name unknown, test test, test user, test employee, test person, test worker, test name, user test, employee test, testing testing,
		test tester, dummy dummy, dummy user, dummy employee, sample sample, sample employee, sample user, sample name, example example, example employee, example user, example name, do not use,
		do not import, do not delete, delete me, delete delete, xxx xxx, xx xx, xxxx xxxx, zzz zzz, asdf asdf, abc abc, placeholder placeholder, place holder, your name, name name, first last, last first,
		first name last name, last name first name, firstname lastname, first name here, first last name, john q sample, employee name, worker name, full name, n n,
		vacante vacante, puesto vacante, plaza vacante, posicion vacante, vacante disponible, por contratar, por definir, por asignar, por confirmar, sin nombre, sin asignar, nombre apellido, nombre apellidos,
		nombre completo, prueba prueba, usuario prueba, usuario de prueba,
		poste vacant, poste a pourvoir, a pourvoir, a definir, a determiner, a confirmer, sans nom, prenom nom, nom prenom, utilisateur test,
		vakant vakant, offene stelle, stelle offen, zu besetzen, unbesetzt unbesetzt, noch offen, noch unbekannt, unbekannt unbekannt, vorname nachname, nachname vorname, max mustermann, erika mustermann,
		vaga aberta, vaga disponivel, em aberto, a contratar, a designar, sem nome, nome sobrenome, nome apelido, usuario teste, teste teste`, ",") {
		name = strings.TrimSpace(name)
		all.names[name], all.beginnings[name] = struct{}{}, struct{}{}
		for i := range len(name) {
			if name[i] == ' ' {
				all.beginnings[name[:i]] = struct{}{}
			}
		}
	}
	return all
})
