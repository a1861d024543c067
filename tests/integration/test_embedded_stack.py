"""The embedded servers as real processes: ready, durable, and gone when their parent is."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.kafka.topics import Topic, apply_topics


async def test_records_come_back_in_order_of_their_key(kafka_bootstrap: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}orders"
    await apply_topics(kafka_bootstrap, [Topic(topic, 3, {})])
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, enable_idempotence=True) as producer:
        for number in range(100):
            await producer.send(topic, str(number).encode(), key=b"one")
        await producer.flush()
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        assert [int((await consumer.getone()).value) for _ in range(100)] == list(range(100))
