package words

var alertsRU = texts{
	"alert.awaited.first_response": "первого ответа",
	"alert.awaited.next_response":  "следующего ответа",
	"alert.awaited.resolution":     "решения",
	"alert.limit.business":         "в пределах {limit} рабочего времени",
	"alert.limit.calendar":         "в пределах {limit}",
	"alert.waiting.reply":          "Клиент ждёт ответа с {start}.",
	"alert.waiting.resolution":     "Обращение не решено с {start}.",

	"alert.duesoon.summary":     "{source}: срок {awaited} на обращение {conversation} ({channel}) истекает в {at}",
	"alert.duesoon.description": "{waiting} Обещанный уровень для «{clock}» в канале {channel}: «{tier}», {limit}; срок истекает {at}.",

	"alert.breached.summary":     "{source}: срок {awaited} на обращение {conversation} ({channel}) истёк в {at}",
	"alert.breached.description": "{waiting} Обещанный уровень для «{clock}» в канале {channel}: «{tier}», {limit}; срок истёк {at}.",

	"alert.many.summary": "{source}: просроченных обращений в канале {channel} по сроку «{clock}»: {count}",
	"alert.many.description": "Сроков «{clock}» в канале {channel}, превысивших предел обещанного уровня «{tier}»: {count}. По отдельности о них не сообщается: " +
		"их было слишком много за минуту, или они истекли прежде, чем экспортёр мог о них узнать. Кто ждёт, показывают страница состояния и панели.",

	"alert.burn.summary": "{source}, канал {channel}: срок «{clock}» нарушается чаще обещанного (во столько раз: {times})",
	"alert.burn.description": "За последние {window} обещанный срок «{clock}» в канале {channel} у {source} нарушался чаще, чем допускает обещание {objective} (во столько раз: {times}). " +
		"Превышение более чем в {factor} раз расходует {spend} % бюджета ошибок всего периода обещания за {window}.",

	"alert.growing.summary": "{source}, канал {channel}: очередь выросла за сутки на {growth}",
	"alert.growing.description": "Новых и открытых обращений в очереди канала {channel} у {source}: {queue}, на {growth} больше, чем вчера в это время; за сутки поступило: {opened}. " +
		"За последние 2 часа очередь тоже росла.",

	"alert.nobody.summary":     "{source}: в рабочее время никого нет в сети",
	"alert.nobody.description": "Операторов {source} в сети в рабочее время: {online}. Клиентов, ждущих ответа: {waiting}.",

	"alert.csat.summary":     "{source}: оценки клиентов ниже обещанного",
	"alert.csat.description": "Средняя оценка {source} за последнюю неделю: {mean} из 5 (всего оценок: {ratings}). Обещанный уровень обслуживания требует {promised}, и случайностью разница не объясняется.",

	"alert.abandonment.summary": "{source}, канал {channel}: доля брошенных обращений {share}",
	"alert.abandonment.description": "Среди обращений канала {channel} у {source}, закрытых за последние сутки, клиенты бросили {share}. " +
		"Больше {limit} % — слишком много, и случайностью это не объясняется.",

	"alert.regression.summary":     "{source}, канал {channel}: ответы занимают {mean}",
	"alert.regression.description": "За последний час в канале {channel} у {source} среднее время ответа: {mean} (всего ответов: {replies}). В этот час недели в прежние недели было {usual}.",

	"alert.below.summary": "{source}, канал {channel}: «{clock}» ниже обещанного уровня обслуживания",
	"alert.below.description": "За последнюю неделю уровень обслуживания «{clock}» в канале {channel} у {source} составил {level} по шкале от 1 до 5. " +
		"Обещан уровень «{tier}», {promised}: {objective} событий в пределах {limit}. Случайностью разница не объясняется.",

	"alert.toolong.summary": "{source}, канал {channel}: клиентов, ждущих слишком долго: {customers}",
	"alert.toolong.description": "Клиентов канала {channel} у {source}, ждущих дольше {limit}, за которые уровень «{tier}» обещает ответ ({clock}): {customers}. " +
		"Это более чем в {factor} раз больше, чем допускает обещание {objective} при объёме последних суток.",

	"alert.blind.summary": "{source}: данные не читаются",
	"alert.blind.description": "Экспортёр не может читать {source}, или Prometheus не может читать экспортёр{last}. " +
		"Пока чтение не восстановлено, никто не узнает об обращениях, которые ждут слишком долго.",
	"alert.blind.last": "; последнее чтение: {at}",

	"alert.credentials.summary": "{source} отвергает учётные данные экспортёра",
	"alert.credentials.description": "{source} отказывает экспортёру в доступе или правах (отказов за последние {window}: {times}) и не читается. " +
		"Само это не пройдёт: доступ должен кто-то обновить.",

	"alert.quota.summary": "{source} ограничивает запросы экспортёра",
	"alert.quota.description": "За последние {window} запросы к {source} ждали {share} времени, потому что об этом просил сервис; {limit} % — уже слишком много. " +
		"На столько же опаздывают числа и оповещения.",

	"alert.down.summary": "helpdesk_exporter не работает",
	"alert.down.description": "Prometheus уже более 5 минут не получает метрик helpdesk_exporter ({sources}). " +
		"Ничего не измеряется, и никто не узнает об обращениях, которые ждут слишком долго.",
	"alert.down.any": "ни одного источника",
}
