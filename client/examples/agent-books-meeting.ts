/**
 * An agent that books meetings: each line on stdin is what the person says, each on stdout what the agent answers.
 *
 *     echo "I am Asha, asha@example.com. Tomorrow at nine?" | node client/examples/agent-books-meeting.ts
 *
 * A service must be running, with calendars, and REVEILLE_LLM_BASE_URL and REVEILLE_LLM_MODEL must name a language model.
 */
import { createInterface } from 'node:readline';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { type ModelMessage, generateText, isStepCount } from 'ai';
import { ReveilleError } from '../../domain/errors.ts';
import { readConfiguration } from '../../services/configuration.ts';
import { agentTools } from '../agent-tools/ai-sdk.ts';
import { connectRunning } from '../service.ts';

const INSTRUCTIONS =
  'You arrange meetings. Offer only times that get_availability answered, and say that a meeting is booked only when ' +
  'book_meeting answered that it is confirmed. When a tool answers with an error, do what its "ask" says.';
/** Calls of the model for one answer. */
const MOST_STEPS = 8;

try {
  const configuration = readConfiguration(process.env, process.cwd());
  if (configuration.llm === null) {
    throw new ReveilleError('invalid_input', 'Set REVEILLE_LLM_BASE_URL and REVEILLE_LLM_MODEL');
  }
  const { baseUrl: baseURL, model, apiKey } = configuration.llm;
  const provider = createOpenAICompatible({ name: 'example', baseURL, ...(apiKey !== null && { apiKey }) });
  const { operations } = await connectRunning(configuration);
  const tools = agentTools(operations, { workspace: configuration.workspace, actor: 'example-agent' });
  const messages: ModelMessage[] = [];
  for await (const content of createInterface({ input: process.stdin })) {
    messages.push({ role: 'user', content });
    const instructions = `${INSTRUCTIONS} It is ${new Date().toISOString()}.`;
    const stopWhen = isStepCount(MOST_STEPS);
    const { text, responseMessages } = await generateText({
      model: provider(model),
      instructions,
      tools,
      messages,
      stopWhen,
    });
    messages.push(...responseMessages);
    process.stdout.write(`${text}\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof ReveilleError && error.code === 'invalid_input' ? 2 : 1;
}
