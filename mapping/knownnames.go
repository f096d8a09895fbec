package mapping

import (
	"strings"
	"sync"
)

// Names tell which half of a name is in front where nothing else does. They
// never decide how a name is split; they only say that it is in doubt.
//
// The lists are of names that are one thing and hardly ever the other: Martin,
// James, Cruz or Joseph are as often last names as first names, and are left out
// of both or count as a first name in front only.
type knownNames struct {
	given    map[string]struct{} // hardly ever a last name
	either   map[string]struct{} // a first name, and a last name as well
	surnames map[string]struct{} // never a first name
}

// lean is what a name's two words say about its order.
type lean uint8

const (
	leansNowhere lean = iota
	leansFirstLast
	leansLastFirst
)

// leanOf tells Lopez Maria from Maria Lopez.
func leanOf(first, second string) lean {
	known := names()
	inFront, behind := known.of(first), known.of(second)
	switch {
	case inFront == isSurname:
		return leansLastFirst
	case inFront == isUnknown && behind == isGiven:
		return leansLastFirst
	case (inFront == isGiven || inFront == isEither) && (behind == isSurname || behind == isUnknown):
		return leansFirstLast
	case inFront == isUnknown && behind == isSurname, inFront == isGiven && behind == isEither:
		return leansFirstLast
	}
	return leansNowhere
}

// orderUntold reports whether nothing in a name says which half is in front: no
// comma, no capitals, no name that is known.
func orderUntold(name string) bool {
	words := strings.Fields(name)
	return len(words) == 2 && !strings.Contains(name, ",") && isCapitals(words[0]) == isCapitals(words[1]) && leanOf(words[0], words[1]) != leansFirstLast
}

// oftenLastFirst reports whether a column of names has the last name in front in
// many cells, by commas or by names that are known; then it may have so in those
// that don't say.
func (c *column) oftenLastFirst() bool {
	const few = 3
	commas, lastFirst, firstLast := 0, 0, 0
	for _, cell := range c.cells {
		words := strings.Fields(cell)
		switch {
		case strings.Contains(cell, ","):
			commas++
		case len(words) < 2:
		case leanOf(words[0], words[len(words)-1]) == leansLastFirst:
			lastFirst++
		case leanOf(words[0], words[len(words)-1]) == leansFirstLast:
			firstLast++
		}
	}
	return 2*commas >= len(c.cells) && commas > 0 || lastFirst >= few && lastFirst >= firstLast
}

// nameKind is what a word is known as.
type nameKind uint8

const (
	isUnknown nameKind = iota
	isGiven
	isEither
	isSurname
)

func (k *knownNames) of(word string) nameKind {
	var buf [24]byte
	key := AppendFold(buf[:0], word)
	if _, ok := k.given[string(key)]; ok {
		return isGiven
	}
	if _, ok := k.surnames[string(key)]; ok {
		return isSurname
	}
	if _, ok := k.either[string(key)]; ok {
		return isEither
	}
	return isUnknown
}

// hasSurname reports whether of returns isSurname.
func (k *knownNames) hasSurname(word string) bool {
	var buf [24]byte
	_, ok := k.surnames[string(AppendFold(buf[:0], word))]
	return ok
}

var names = sync.OnceValue(func() *knownNames {
	set := func(list string) map[string]struct{} {
		s := make(map[string]struct{})
		for w := range strings.FieldsSeq(list) {
			s[w] = struct{}{}
		}
		return s
	}
	return &knownNames{
		given: set(`
			aaron abigail adriana agnieszka ahmed aisha alan alberto alejandra alejandro alice alicia alison amanda amber amy ana andrea andreas andrew angela angelica
			ann anna anne annette antonio april arturo ashley barbara beatriz benjamin beth betty beverly bill bob bonnie brandon brenda brett brian brianna brittany
			bryan camila carla carlos carmen carol caroline carolina catherine cecilia cesar charlotte cheryl chloe chris christian christina christine christopher
			cindy claire claudia colleen connie courtney cristian cristina crystal cynthia daniela danielle darlene dave david dawn deborah debra denise derek
			diana diane diego dmitri dolores donna doris dorothy doug dustin edgar eduardo edward elena elizabeth ellen emily emma enrique eric erica erik erika ernesto esteban
			esther eugene eva evelyn fatima fernanda frances fred gabriela gary gerardo gerald gilberto giovanni giuseppe gloria greg gregory gustavo guadalupe guillermo
			hannah hans heather hector heidi helen hugo humberto ian irene isabel isabella ivan jacob jacqueline jaime jamal janet janice jason javier jeff jeffrey jennifer jeremy
			jerry jesse jessica jill jim jimmy joan joao joe joel johannes john johnny jonathan jorge jose josefina joshua joyce juan juana juanita judith judy julia julian julie
			julio justin karen katarzyna katherine kathleen kathryn kathy katie kayla kenneth kevin kimberly klaus krzysztof kristen kristin kyle lars laura lauren leslie leticia
			lillian linda lisa lori lorraine luca lucia luigi luis luisa luiz magdalena manuel marcela marcelo marco marcos margaret margarita maria maribel maricela marilyn mario
			mark marlene marta martha mary mateusz matthew matthias maureen mauricio megan melanie melissa michael michaela michele michelle miguel miriam mohamed mohammad mohammed monica
			monika muhammad nancy natalia natalie nathan nathaniel nicholas nicole norma olga olivia oscar pablo pamela patricia patrick pedro peggy phillip philip piotr rachel rafael ralph
			ramona raquel raul rebecca ricardo richard rick robert roberta roberto rocio rodolfo rodrigo ron ronald roger rogelio rosario ruben ruth samantha sandra sara sarah
			sebastian sergei sergio sharon sheila shirley silvia sofia sophia sonia stacy stefan stephanie stephen steve steven susan susana sven svetlana sylvia tamara tammy tara
			teresa theresa tiffany tim timothy tina todd tom tomasz tracy travis trevor tyrone ulrich ursula valentina valeria vanessa veronica vicki victoria virginia vladimir walter
			wanda wendy wilhelm william wojciech wolfgang xavier ximena yesenia yolanda yvonne zachary`),
		either: set(`
			adam adrian agustin albert alex alexander alexandre alexis alfonso alfredo ali allen allison alonso alvaro anderson andre andres angel anthony antoine armando arnold arthur audrey
			austin avery bailey barry bennett bernard blake brad bradley brent brooke bruce bryant byron caleb calvin cameron carl carroll carter casey cesare chad charles chase clarence
			clark claude clayton clifford clyde cody cole colin cooper corey craig cruz curtis dale damian dan daniel darrell darren davis dean dennis derrick devin domingo dominic don
			donald douglas drew duane duncan dwayne dylan earl eddie edwin eli elias elijah elliott ellis emanuel emilio emmanuel ernest ethan evan fabian felipe felix fernando
			florence floyd francis francisco francois frank franklin fredrick gabriel garrett gene geoffrey george gilbert gina glen glenn gordon grace graham grant gregorio guy hamilton
			harold harper harry harvey hayden heinrich henry herbert herman howard hudson hunter ignacio isaac isaiah israel jack jackson jaden jake james jamie jan jared jay jean jerome
			jesus jo joaquin jonas jordan joseph josue joy juliet june kai karl keith kelly ken kennedy kent kerry kim kirk kurt lance larry lawrence lee leo leon leonard leonardo leroy lester lewis
			liam lloyd logan lorenzo louis louise lucas luke luther lynn marc marcus marie marion marshall martin marvin mason mateo mathew maurice max maxwell melvin mercedes michel milton mitchell
			morgan neal neil nelson nicolas noah noel norman oliver omar orlando otto owen parker pascual paul perry peter philippe pierce pierre preston quentin ramon randall randy
			raymond ray reginald rene reyes riley robin rodney roland roman romeo ronnie rosa rose ross roy russell ryan sam samuel salvador santiago santos saul scott sean seth shane
			shannon shawn sidney simon sonny spencer stanley stewart stuart sullivan taylor ted terrance terry theodore thomas tomas toni tony troy tyler vernon vicente victor vincent wade
			warren wayne wesley wilson yusuf zoe`),
		surnames: set(`
			aguilar aguirre almeida alvarado alvarez alves andrews armstrong avila ayala baker barnes barrera becker bell black bowman boyd braun brown burke burns burton butler
			cabrera camacho campbell campos cardenas carlson carpenter carr carvalho castaneda castillo cervantes chapman chavez chowdhury contreras cook
			cortez costa cox crawford cunningham daniels delgado diaz dixon dominguez dubois dunn dupont duran edwards escobar espinosa espinoza estrada evans
			ferguson fernandez ferreira fields fischer fisher flores fournier fowler fox fuentes fuller garcia gardner garza gibson girard gomes gomez goncalves gonzales gonzalez
			greene guerrero gutierrez guzman hansen hanson hawkins henderson hernandez herrera hicks hofmann hoffman hoffmann holmes howell hughes huynh
			ibarra jacobs jenkins jimenez johnson johnston jones juarez kelley kowalska kowalski krueger lawson lefebvre lopes lopez lynch maldonado marquez martinez matthews
			mcdonald mejia mendez mendoza meyer miller mills molina montoya moore morales moreau moreno morrison mueller muller munoz murphy myers navarro neumann nguyen nichols nowak
			nunez obrien ochoa oliveira olson orozco ortega ortiz owens padilla palmer patel patterson payne pena pereira perez perkins peters peterson pham phillips porras
			powell price quintero ramirez ramos reynolds ribeiro richards richardson rios rivas rivera roberts robertson rocha rodrigues rodriguez rogers rojas rosales rousseau
			ruiz salas salazar salinas sanchez sanders sandoval schaefer schafer schmidt schmitt schneider schroeder schulz schultz schwarz serrano shah sharma shaw silva simmons simpson
			sims smith snyder solis sosa soto souza stephens stevens suarez thompson torres tran trujillo valdez valenzuela vargas vasquez vazquez vega velasquez
			velez villa villanueva villarreal walsh wang watkins watson weaver webb weber welch wheeler williams williamson wong woods wright zamora zapata zhang zimmermann zuniga`),
	}
})
