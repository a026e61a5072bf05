package words

var alertsPT = texts{
	"alert.awaited.first_response": "primeira resposta",
	"alert.awaited.next_response":  "próxima resposta",
	"alert.awaited.resolution":     "resolução",
	"alert.limit.business":         "em até {limit} de horário de atendimento",
	"alert.limit.calendar":         "em até {limit}",
	"alert.waiting.reply":          "Um cliente espera por uma resposta desde {start}.",
	"alert.waiting.resolution":     "A conversa está sem resolução desde {start}.",

	"alert.duesoon.summary":     "{source}: a {awaited} da conversa {conversation} ({channel}) vence às {at}",
	"alert.duesoon.description": "{waiting} O nível prometido para “{clock}” em {channel} é “{tier}”, {limit}; o prazo termina em {at}.",

	"alert.breached.summary":     "{source}: a {awaited} da conversa {conversation} ({channel}) venceu às {at}",
	"alert.breached.description": "{waiting} O nível prometido para “{clock}” em {channel} é “{tier}”, {limit}; o prazo terminou em {at}.",

	"alert.many.summary": "{source}: conversas em {channel} fora do prazo de “{clock}”: {count}",
	"alert.many.description": "Prazos de “{clock}” em {channel} que passaram do limite do nível prometido “{tier}”: {count}. Não são avisados um a um: " +
		"foram muitos em um minuto, ou já estavam vencidos antes que este exporter pudesse saber. A página de status e os painéis mostram o que está esperando.",

	"alert.burn.summary": "“{clock}” em {channel} de {source} estoura o limite {times} vezes mais do que o prometido permite",
	"alert.burn.description": "Nos últimos {window}, “{clock}” em {channel} de {source} estourou o limite prometido {times} vezes mais do que o objetivo de {objective} permite. " +
		"Acima de {factor} vezes, gasta-se {spend} % da margem de erro da janela da promessa em {window}.",

	"alert.growing.summary": "A fila em {channel} de {source} cresceu {growth} conversas em um dia",
	"alert.growing.description": "Há {queue} conversas novas e abertas na fila em {channel} de {source}, {growth} a mais do que ontem a esta hora; {opened} foram abertas nas últimas 24 horas. " +
		"A fila também cresceu nas últimas 2 horas.",

	"alert.nobody.summary":     "Ninguém está online em {source} no horário de atendimento",
	"alert.nobody.description": "Agentes online em {source}, no horário de atendimento: {online}. Clientes à espera de uma resposta: {waiting}.",

	"alert.csat.summary":     "Os clientes avaliam {source} abaixo do prometido",
	"alert.csat.description": "A média de {ratings} avaliações de {source} na última semana é {mean} de 5. O nível de serviço prometido pede {promised}, e o acaso não explica a diferença.",

	"alert.abandonment.summary": "{share} das conversas em {channel} de {source} são abandonadas",
	"alert.abandonment.description": "Os clientes abandonaram {share} das conversas em {channel} de {source} fechadas no último dia. " +
		"Mais de {limit} % é demais, e o acaso não explica isso.",

	"alert.regression.summary":     "As respostas em {channel} de {source} levam {mean}",
	"alert.regression.description": "As {replies} respostas da última hora em {channel} de {source} levaram em média {mean}. Nesta hora da semana, foram {usual} nas semanas anteriores.",

	"alert.below.summary": "“{clock}” em {channel} de {source} está abaixo do nível de serviço prometido",
	"alert.below.description": "Na última semana, o nível de serviço de “{clock}” em {channel} de {source} foi {level} na escala de 1 a 5. " +
		"O prometido é “{tier}”, {promised}: {objective} dos eventos em até {limit}. O acaso não explica a diferença.",

	"alert.toolong.summary": "{customers} clientes esperam demais em {channel} de {source}",
	"alert.toolong.description": "{customers} clientes em {channel} de {source} esperam há mais de {limit}, o prazo de resposta do nível prometido “{tier}” ({clock}). " +
		"É mais de {factor} vezes o que o objetivo de {objective} admite no volume do último dia.",

	"alert.blind.summary": "Não é possível ler {source}",
	"alert.blind.description": "O exporter não consegue ler {source}, ou o Prometheus não consegue ler o exporter{last}. " +
		"Até que a leitura volte, ninguém é avisado de conversas que esperam demais.",
	"alert.blind.last": "; a última leitura foi em {at}",

	"alert.credentials.summary": "{source} recusa as credenciais do exporter",
	"alert.credentials.description": "{source} recusou as credenciais ou permissões do exporter {times} vezes nos últimos {window}, e não pode ser lido. " +
		"Isso não se resolve sozinho: alguém precisa renová-las.",

	"alert.quota.summary": "{source} limita as chamadas do exporter",
	"alert.quota.description": "Nos últimos {window}, as chamadas a {source} esperaram {share} do tempo porque o helpdesk pediu; {limit} % já é demais. " +
		"Números e alertas atrasam na mesma medida.",

	"alert.down.summary": "helpdesk_exporter está fora do ar",
	"alert.down.description": "O Prometheus está há mais de 5 minutos sem métricas do helpdesk_exporter ({sources}). " +
		"Nada é medido, e ninguém é avisado de conversas que esperam demais.",
	"alert.down.any": "qualquer fonte",
}
